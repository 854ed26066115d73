"""Annotations of COCO and LVIS, captions, lists of videos and tables of pairs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from iclip.datasets.readers.captions import read_caption_file, read_karpathy
from iclip.datasets.readers.video_list import read_video_list
from iclip.evaluation.lvis_ap import LVISGroundTruth
from iclip.evaluation.lvis_files import read_results
from iclip.files.annotations import read_json
from iclip.files.coco import missing_parts
from iclip.files.tables import QUOTING, TableFile
from iclip.results import load_result
from iclip.results.run_files import load_validation
from tests.fuzz.mutations import mutated, mutated_json
from tests.fuzz.target import Target, read_or_refuse

BOX = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 2, 2], "area": 4, "iscrowd": 0}
LVIS = {
    "images": [{"id": 1, "file_name": "1.jpg", "neg_category_ids": [2]}],
    "annotations": [BOX],
    "categories": [{"id": 1, "name": "cat", "frequency": "r"}, {"id": 2, "name": "dog"}],
}
RESULTS = [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1], "score": 0.5}]
COCO = {
    "images": [{"id": 1, "file_name": "1.jpg"}],
    "annotations": [{"image_id": 1, "caption": "a cat"}, {"image_id": 1, "caption": " "}],
}
KARPATHY = {
    "images": [
        {"filename": "1.jpg", "filepath": "val", "split": "test", "sentences": [{"raw": "a cat"}]}
    ]
}
ZERO_SHOT = {
    "schema": "iclip.result/1", "kind": "zero-shot", "model": "a.pth", "suite": "toy",
    "results": {"dtd": {"value": 50.0, "images": 4, "deviations": ["a"], "templates": ["a {}."]}},
}  # fmt: skip
METRICS = {"iteration": 5, "samples_seen": 9, "metrics": {"seen/top1": 50.0}}
VIDEOS = [b"a b.mp4 3\nc.mp4 1\n\n", b"label,youtube_id\nx,y\n", "ü.mp4 -1".encode("utf-16")]
PAIRS = [b"file\tcaption\na.jpg\ta cat\n", b'sep=;\nfile;caption\n"a.jpg";"x ""y"""\n',
         b'file,caption\na.jpg,"two\nlines"\n']  # fmt: skip


def file_with(content: bytes, folder: Path, name: str = "file.json") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def lvis(content: bytes, folder: Path) -> None:
    path = file_with(content, folder)
    read = read_or_refuse(lambda: read_json(path))
    # Reads the file as the check does, and looks all ids up.
    truth = read_or_refuse(lambda: LVISGroundTruth(path))
    if truth is not None:
        truth.average_precision([])
    if isinstance(read, dict):
        missing_parts(read, {"images": ("id",), "annotations": ("image_id", "bbox")})


def refusing(read: Callable[[Path], Any]) -> Callable[[bytes, Path], None]:
    def run(content: bytes, folder: Path) -> None:
        read_or_refuse(lambda: read(file_with(content, folder)))

    return run


def captions(content: bytes, folder: Path) -> None:
    path = file_with(content, folder)
    for read in (read_caption_file, lambda path: read_karpathy(path, "test")):
        found = read_or_refuse(lambda read=read: read(path))
        if found is not None:
            assert all(caption.encode() for image in found.images for caption in image.captions)


def video_list(content: bytes, folder: Path) -> None:
    path = file_with(content, folder, "list.txt")
    for multi_class in (False, True):
        read_or_refuse(lambda multi_class=multi_class: read_video_list(path, " ", multi_class))


def table(given: tuple[bytes, str], folder: Path) -> None:
    content, quoting = given
    path = file_with(content, folder, "pairs.csv")
    rows = read_or_refuse(lambda: list(TableFile(path, ["file", "caption"], quoting=quoting)))
    assert all(len(values) == 2 for _, values in rows or ())


def json_like(*seeds: Any) -> st.SearchStrategy[bytes]:
    """Values changed within the structure, and bytes changed without regard to it."""
    return st.one_of(mutated_json(seeds), mutated([json.dumps(seed).encode() for seed in seeds]))


ANNOTATION_TARGETS = (
    Target("lvis", json_like(LVIS), lvis),
    Target("detections", json_like(RESULTS), refusing(read_results)),
    Target("caption-files", json_like(COCO, KARPATHY), captions),
    Target("videos", mutated(VIDEOS), video_list),
    Target("tables", st.tuples(mutated(PAIRS), st.sampled_from(QUOTING)), table),
    Target("results", json_like(ZERO_SHOT, METRICS), refusing(load_result)),
    Target("validations", json_like(METRICS), refusing(load_validation)),
)
