"""Training on some classes of label maps: the rest becomes what nobody labelled."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import iclip.openmmlab  # noqa: F401  (before the frameworks)

from iclip.openmmlab.segmentation_of_classes import SegmentationOfClasses  # isort: skip
from iclip.text.class_texts import ClassText, write_class_texts  # isort: skip

CLASSES = ("wall", "sky", "fish", "crown")
# 0 is nothing, so that "wall" is 1.
STORED = [np.array([[0, 1, 2], [3, 4, 255]]), np.array([[4, 4, 4], [4, 1, 0]])]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("images", "maps"):
        (tmp_path / folder).mkdir()
    for i, labels in enumerate(STORED):
        Image.new("RGB", (3, 2)).save(tmp_path / f"images/{i}.jpg")
        Image.fromarray(labels.astype(np.uint8)).save(tmp_path / f"maps/{i}.png")
    return tmp_path


def build(root: Path, train_only: object, **changes: object) -> SegmentationOfClasses:
    from mmengine.registry import DefaultScope

    settings = dict(
        data_root=str(root),
        data_prefix=dict(img_path="images", seg_map_path="maps"),
        metainfo=dict(classes=CLASSES, palette=[[i, i, i] for i in range(4)]),
        reduce_zero_label=True,
        pipeline=[dict(type="LoadAnnotations", reduce_zero_label=True)],
    )
    with DefaultScope.overwrite_default_scope("mmseg"):
        return SegmentationOfClasses(train_only=train_only, **(settings | changes))


@pytest.mark.parametrize("as_table", [False, True])
def test_other_classes_are_ignored_and_the_rest_is_numbered(root: Path, as_table: bool):
    train_only: object = ["crown", "sky"]
    if as_table:
        texts = [ClassText("n1", ("sky", "heaven")), ClassText("n2", ("Crown",))]
        write_class_texts(root / "seen.jsonl", texts)
        train_only = str(root / "seen.jsonl")
    dataset = build(root, train_only)
    assert tuple(dataset.metainfo["classes"]) == ("sky", "crown")
    assert dataset.metainfo["palette"] == [[1, 1, 1], [3, 3, 3]]
    for number, stored in enumerate(STORED):
        expected = np.full(stored.shape, 255)
        for place in np.ndindex(stored.shape):
            name = CLASSES[stored[place] - 1] if 0 < stored[place] < 5 else None
            expected[place] = {"sky": 0, "crown": 1}.get(name, 255)
        assert (dataset[number]["gt_seg_map"] == expected).all()


def test_labels_stay_those_of_all_classes_where_asked(root: Path):
    dataset = build(root, ["crown", "sky"], keep_labels=True)
    assert tuple(dataset.metainfo["classes"]) == CLASSES
    assert dataset.metainfo["palette"] == [[i, i, i] for i in range(4)]
    for number, stored in enumerate(STORED):
        expected = np.where(np.isin(stored, (2, 4)), stored - 1, 255)
        assert (dataset[number]["gt_seg_map"] == expected).all()
    summary = build(root, ["crown", "sky"], keep_labels=True).summaries()[""]
    assert summary == build(root, ["crown", "sky"]).summaries()[""]


def test_what_is_ignored_is_counted_and_said(root: Path):
    (summary,) = build(root, ["crown", "sky"]).summaries().values()
    assert summary.counts == {"images": 2, "classes": 2}
    # Of 9 labelled pixels, two are "wall" and one is "fish".
    note = "33.3 % of the labelled pixels of 2 label maps are ignored (wall, fish)"
    assert summary.notes == (note,)
    assert "left out: 2 classes that are tested only (wall)" in str(summary)
    (summary,) = build(root, CLASSES).summaries().values()
    assert summary.counts == {"images": 2, "classes": 4} and not summary.left_out


def test_names_that_are_not_classes_are_refused(root: Path):
    with pytest.raises(ValueError, match=r"train_only=.*such as wall, sky, fish and 1 more, and n"):
        build(root, ["sky", "bird"])
