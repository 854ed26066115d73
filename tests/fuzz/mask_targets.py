"""Masks of users' data, what names their classes, and lists of label maps and videos."""

import io
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from iclip.datasets.readers.label_map_list import read_label_map_list
from iclip.files.annotations import read_json
from iclip.own_data.masks import labelme
from iclip.own_data.masks.class_lists import LIST_NAMES, read_class_list
from iclip.own_data.masks.files import read_mask
from iclip.own_data.masks.outlines import usable_outline
from iclip.own_data.masks.shapes import Shape, ShapesMask
from iclip.own_data.remarks import Remarks
from iclip.own_data.video.table import kind_of_list, read_rows
from iclip.tasks import SEGMENTATION
from tests.fuzz.annotation_targets import file_with, json_like, refusing
from tests.fuzz.mutations import mutated
from tests.fuzz.target import Target, read_or_refuse

WIDTH, HEIGHT = 20, 10
LISTS = [
    b"cat\nroad sign\n", b"# label:color_rgb:parts:actions\na:255,0,0:x:y\nb:0,1,2::\n",
    b"0 0 0 Void\n64 128 64 Animal\n", b"0: cat\n7: dog\n", b"Pixel Value, Class\n0, a\n1, b\n",
    b"name,r,g,b\na,1,2,3\n", b'["a", "b"]', b'{"names": {"0": "a", "1": "b"}}',
]  # fmt: skip
OUTLINES = {
    "polygons": [[1.0, 1, 9, 1, 9, 9.5, 1, 9], [0, 0, 5, 5, 0, 5]],
    "runs": {"size": [HEIGHT, WIDTH], "counts": [50, 100, 50]},
    "compressed": {"size": [HEIGHT, WIDTH], "counts": "b1T3b1"},
}
LABELME = {
    "version": "5.4.1",
    "shapes": [
        {"label": "cat", "points": [[1, 1], [9, 1], [9, 9.5]], "shape_type": "polygon"},
        {"label": "dog", "points": [[1, 1], [5, 5]], "shape_type": "circle"},
    ],
    "imagePath": "a.png",
    "imageWidth": WIDTH,
    "imageHeight": HEIGHT,
}
VIDEOS = [
    b"a b.mp4 3\nc.mp4,moving left\n", b"label,youtube_id,time_start,time_end\nx,y,1,2\n",
    b'file,label,split\n"a.mp4",run,train\n',
]  # fmt: skip


def masks() -> list[bytes]:
    pixels = np.random.default_rng(0).integers(0, 3, (HEIGHT, WIDTH), dtype=np.uint8)
    found = []
    for mode in ("L", "P", "RGB", "RGBA", "1", "I;16"):
        image = Image.fromarray(pixels.astype(np.uint16) if mode == "I;16" else pixels)
        buffer = io.BytesIO()
        (image if mode == "I;16" else image.convert(mode)).save(buffer, "PNG")
        found.append(buffer.getvalue())
    return found


def class_list(given: tuple[bytes, str], folder: Path) -> None:
    content, name = given
    found = read_or_refuse(lambda: read_class_list(file_with(content, folder, name)))
    assert found is None or all(entry.name.encode() for entry in found.classes)


def mask(content: bytes, folder: Path) -> None:
    path = str(file_with(content, folder, "a.png"))
    found = read_or_refuse(lambda: read_mask(path))
    assert found is None or found.values or found.colors


def outline(content: bytes, folder: Path) -> None:
    read = read_or_refuse(lambda: read_json(file_with(content, folder)))
    for stated in read.values() if isinstance(read, dict) else ():
        usable = usable_outline(stated, WIDTH, HEIGHT)
        if usable is not None:
            labels = ShapesMask(WIDTH, HEIGHT, (Shape(3, usable),)).label_map()
            assert set(np.unique(labels)) <= {0, 3}


def labelme_file(content: bytes, folder: Path) -> None:
    Image.new("RGB", (WIDTH, HEIGHT)).save(folder / "a.png")
    file_with(content, folder, "a.json")
    read_or_refuse(lambda: labelme.read(folder, SEGMENTATION))


def videos(content: bytes, folder: Path) -> None:
    path = file_with(content, folder, "train.csv")
    kind = kind_of_list(path)
    if kind is not None:
        read_or_refuse(lambda: read_rows(path, kind, Remarks("data")))


MASK_TARGETS = (
    Target("class-lists", st.tuples(mutated(LISTS), st.sampled_from(LIST_NAMES)), class_list),
    Target("masks", mutated(masks()), mask),
    Target("outlines", json_like(OUTLINES), outline),
    Target("labelme", json_like(LABELME), labelme_file),
    Target(
        "label-maps",
        mutated([b'{"image": "a", "label_map": "b"}\n']),
        refusing(read_label_map_list),
    ),
    Target("video-tables", mutated(VIDEOS), videos),
)
