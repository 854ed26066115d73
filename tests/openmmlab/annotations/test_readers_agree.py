"""Checks and readers are given the same odd data and list the same."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

import iclip.openmmlab  # noqa: F401  (before the frameworks)

from iclip.openmmlab.annotations.configured_data_sets import (  # isort: skip
    ConfiguredDataSet,
    configured_data_sets,
    head_class_counts,
)
from iclip.openmmlab.annotations.detection import check_detection  # isort: skip
from iclip.openmmlab.annotations.segmentation import check_segmentation  # isort: skip
from iclip.openmmlab.annotations.videos import check_videos  # isort: skip
from tests.support.odd_annotations import (  # isort: skip
    coco_content,
    detection,
    lvis_content,
    segmentation,
    videos,
    write_image,
)
from tests.support.video_files import write_video  # isort: skip


def source_of(cfg: Config) -> ConfiguredDataSet:
    (source,), problems = configured_data_sets(cfg)
    assert problems == []
    return source


def read_by_framework(source: ConfiguredDataSet) -> Any:
    """The data set as the framework builds and fills it."""
    source.dataset.full_init()
    return source.dataset


def odd_boxes(content: dict[str, Any]) -> None:
    """Boxes of every kind, one image without any and one smaller than the rest."""
    boxes = [
        dict(bbox=[200, 10, 5, 5]), dict(bbox=[10, -30, 5, 20]), dict(bbox=[10, 10, 0.5, 9]),
        dict(bbox=[90, 70, 30, 30]), dict(bbox=[-5, -5, 10, 10]), dict(bbox=[99.5, 1, 9, 9]),
        dict(bbox=[10, 10, -5, 9]), dict(area=0), dict(area=-3), dict(iscrowd=1),
        dict(ignore=True), dict(category_id=9), dict(bbox=[1, 1, 1, 1]), dict(bbox=[0, 0, 100, 80]),
    ]  # fmt: skip
    first = content["annotations"].pop(0)
    content["annotations"] += [
        {**first, "id": 100 + i, "image_id": 2 + i % 3, **box} for i, box in enumerate(boxes)
    ]
    content["images"][4]["height"] = 20


@pytest.mark.parametrize("filters", [None, dict(filter_empty_gt=True, min_size=32)])
@pytest.mark.parametrize("kind", ["LVISV1Dataset", "LVISV05Dataset", "CocoDataset"])
def test_detection_keeps_the_readers_boxes_and_images(
    kind: str, filters: dict[str, Any] | None, tmp_path: Path
):
    content = (lvis_content if kind == "LVISV1Dataset" else coco_content)(tmp_path, count=6)
    odd_boxes(content)
    write_image(tmp_path / "val2017/5.jpg", height=20)
    own = dict(metainfo=dict(classes=("dog", "cat"))) if kind == "CocoDataset" else {}
    cfg = detection(tmp_path, content, kind, filter_cfg=filters, **own)
    source = source_of(cfg)
    checked = check_detection(source, head_class_counts(cfg.model))
    reader = read_by_framework(source)
    entries = [reader.get_data_info(i) for i in range(len(reader))]
    told = checked.read["train"].counts
    assert told["images"] == len(entries) == (6 if filters is None else 4)
    assert {entry["img_path"] for entry in entries} <= checked.files
    instances = [instance for entry in entries for instance in entry["instances"]]
    assert told["boxes"] == len(instances)
    assert told["crowds"] == sum(instance["ignore_flag"] for instance in instances) > 0
    assert checked.names == ["cat", "dog"]


@pytest.mark.parametrize("name", ["COCO_val2014_000000000001.jpg", "val2017/1.jpg"])
def test_detection_finds_the_readers_files(name: str, tmp_path: Path):
    content = coco_content(tmp_path, count=1)
    content["images"][0]["file_name"] = name
    cfg = detection(tmp_path, content, "LVISV05Dataset")
    source = source_of(cfg)
    checked = check_detection(source, {})
    reader = read_by_framework(source)
    assert checked.files == {reader.get_data_info(0)["img_path"]}


def add(folder: str, *names: str) -> Callable[[Path], None]:
    def write(root: Path) -> None:
        for name in names:
            write_image(root / folder / name, format="JPEG")

    return write


@pytest.mark.parametrize(
    "spoil",
    [
        add("images", "x.JPG", "y.png", "deeper/z.jpg", ".hidden.jpg", "a.b.jpg", "b c.jpg"),
        add("images", "._0.jpg", "jpg", "no_suffix.JPEG"),
        lambda root: os.symlink(root / "images/0.jpg", root / "images/link.jpg"),
        lambda root: (root / "images/readme.txt").write_text("x"),
        lambda root: (root / "images/broken.jpg").symlink_to(root / "absent"),
    ],
)
@pytest.mark.parametrize("suffix", [".jpg", ".JPG", ".png"])
def test_segmentation_lists_the_readers_images(
    spoil: Callable[[Path], Any], suffix: str, tmp_path: Path
):
    cfg = segmentation(tmp_path, img_suffix=suffix)
    spoil(tmp_path)
    source = source_of(cfg)
    checked = check_segmentation(source, head_class_counts(cfg.model))
    if not checked.files:
        with pytest.raises(ValueError, match="at least one array"):  # mmengine's word for empty
            read_by_framework(source)
        assert "it holds no image of the data set" in checked.findings.problems[0]
        return
    reader = read_by_framework(source)
    listed = [reader.get_data_info(i)["img_path"] for i in range(len(reader))]
    assert checked.files == set(listed)
    assert checked.read["train"].counts["images"] == len(listed)


@pytest.mark.parametrize(
    ("lines", "settings"),
    [
        ("a b.mp4 0\r\nplaying guitar/c (1).mp4\t3\r\n\r\n", {}),
        ("\ufeffa b.mp4 0\n", {}),
        ("a b.mp4, 2\n", dict(delimiter=",")),
        ("a b.mp4 0 2\nc.mp4 1\n", dict(multi_class=True, num_classes=4)),
        ("c.mp4 0\n", dict(type="VideoDataset")),
    ],
)
def test_videos_are_those_of_the_reader(lines: str, settings: dict[str, Any], tmp_path: Path):
    for name in ("a b.mp4", "playing guitar/c (1).mp4", "c.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_video(tmp_path / name, frames=2)
    source = source_of(videos(tmp_path, lines, **dict(pipeline=[], **settings)))
    checked = check_videos(source, {})
    assert checked.findings.problems == ()
    reader = read_by_framework(source)
    listed = [reader.get_data_info(i)["filename"] for i in range(len(reader))]
    assert checked.files == set(listed)
    assert all(os.path.isfile(name) for name in listed)
