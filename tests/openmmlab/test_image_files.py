"""The frameworks' pipelines see the images that pre-training sees, and pass over broken ones."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from mmengine.registry import init_default_scope
from PIL import Image

import iclip.openmmlab  # noqa: F401  (before the frameworks)

from iclip.openmmlab.image_files import LoadImageFromFile  # isort: skip
from tests.support.default_scope import scope_is_restored  # noqa: F401  # isort: skip
from tests.support.odd_annotations import (  # isort: skip
    coco_content,
    detection_source,
    write_image,
    write_map,
)

Load = Callable[[Path], np.ndarray]


def noise(mode: str = "RGB") -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((60, 40), Image.Resampling.BOX).convert(mode)


def load(path: Path, **settings: Any) -> Any:
    return LoadImageFromFile(**settings)({"img_path": str(path)})


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "I;16"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_sound_images_are_those_of_opencv(mode: str, orientation: int, tmp_path: Path) -> None:
    path = tmp_path / ("a.jpg" if mode in ("RGB", "L") else "a.png")
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = noise("I").convert("I;16") if mode == "I;16" else noise(mode)  # RGBA: opaque
    image.save(path, exif=exif)
    read = load(path)
    expected = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert read["img"].dtype == np.uint8 and read["img"].flags.c_contiguous
    assert read["img_shape"] == read["ori_shape"] == expected.shape[:2]
    np.testing.assert_array_equal(read["img"], expected)


def cut(path: Path) -> None:
    write_image(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut": (cut, "[Tt]runcated"),
    "no image": (lambda path: path.write_text("<html>"), "not an image"),
    "empty": (lambda path: path.write_bytes(b""), "not an image"),
    "folder": (lambda path: path.mkdir(), "Is a directory"),
    "dangling link": (lambda path: path.symlink_to("gone"), "No such file"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_image_that_cannot_be_read_in_testing_is_an_error_that_names_it(
    fault: str, tmp_path: Path
) -> None:
    make, reason = FAULTS[fault]
    make(tmp_path / "a.jpg")
    message = rf"{tmp_path}/a\.jpg cannot be read \(.*{reason}.*Fetch it anew"
    with pytest.raises(ValueError, match=message):
        load(tmp_path / "a.jpg")
    assert load(tmp_path / "a.jpg", max_unreadable=1) is None


def training_set(folder: Path, max_unreadable: int) -> Any:
    import mmdet.datasets  # noqa: F401  (registers the data sets)
    from mmdet.registry import DATASETS

    content = coco_content(folder, count=4)
    (folder / "train.json").write_text(json.dumps(content))
    pipeline = [
        dict(type="iclip.LoadImageFromFile", max_unreadable=max_unreadable),
        dict(type="LoadAnnotations", with_bbox=True),
        dict(type="PackDetInputs"),
    ]
    names = dict(classes=("cat", "dog"))
    source = detection_source(folder, "train.json", "CocoDataset", metainfo=names)
    init_default_scope("mmdet")
    return DATASETS.build(dict(type="ClassBalancedDataset", oversample_thr=1e-3,
                               dataset=source | dict(pipeline=pipeline)))  # fmt: skip


def test_detection_trains_on_the_other_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(
        "iclip.openmmlab.replaced_files.print_log", lambda text, logger: said.append(text)
    )
    data = training_set(tmp_path, max_unreadable=1)
    cut(tmp_path / "val2017/2.jpg")
    ids = [data[index]["data_samples"].img_id for _ in range(5) for index in range(len(data))]
    assert set(ids) == {1, 3, 4} and len(ids) == 5 * len(data)
    (told,) = said
    assert "val2017/2.jpg cannot be read" in told and "another one takes its place" in told
    cut(tmp_path / "val2017/3.jpg")
    with pytest.raises(ValueError, match=r"3\.jpg .* 2 images so far .*max_unreadable=1\) allows"):
        [data[index] for index in range(len(data))]


def test_segmentation_trains_on_the_other_images(tmp_path: Path) -> None:
    import mmseg.datasets  # noqa: F401  (registers the data sets)
    from mmseg.registry import DATASETS

    init_default_scope("mmseg")

    for name in "abc":
        write_image(tmp_path / f"images/{name}.jpg")
        write_map(tmp_path / f"maps/{name}.png", np.zeros((80, 100), np.uint8))
    cut(tmp_path / "images/b.jpg")
    pipeline = [
        dict(type="iclip.LoadImageFromFile", max_unreadable=1),
        dict(type="LoadAnnotations"),
        dict(type="PackSegInputs"),
    ]
    prefix = dict(img_path="images", seg_map_path="maps")
    data = DATASETS.build(
        dict(type="BaseSegDataset", data_root=str(tmp_path), data_prefix=prefix,
             metainfo=dict(classes=("wall",)), pipeline=pipeline)
    )  # fmt: skip
    paths = [Path(data[index]["data_samples"].img_path).stem for index in range(3)]
    assert paths[0] == "a" and paths[2] == "c" and paths[1] in "ac"


@pytest.mark.parametrize("value", [-1, 0.1, "1"])
def test_limit_must_be_a_number_of_images(value: Any) -> None:
    with pytest.raises(ValueError, match=r"max_unreadable=.*: give a number of images"):
        LoadImageFromFile(max_unreadable=value)


def test_other_storage_is_read_through_mmengine(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png")
    read = load(tmp_path / "a.png", backend_args=dict(backend="local"))
    np.testing.assert_array_equal(read["img"], cv2.imread(str(tmp_path / "a.png")))
