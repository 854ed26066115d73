"""Where the names of a model's classes come from."""

import json
from pathlib import Path

import pytest
from mmengine.config import Config

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.openmmlab.class_names import class_names

REMEMBERED = {"dataset_meta": {"classes": ("a", "b")}}


@pytest.mark.parametrize(
    ("count", "meta", "expected"),
    [
        (2, {}, ["class 0", "class 1"]),
        (2, REMEMBERED, ["a", "b"]),
        (3, REMEMBERED, ["class 0", "class 1", "class 2"]),
    ],
)
def test_checkpoint_names_the_classes_if_the_number_fits(
    count: int, meta: dict, expected: list[str]
):
    cfg = Config(dict(test_dataloader=dict(dataset={})))
    assert class_names(cfg, count, meta) == expected


def test_400_classes_are_those_of_kinetics():
    assert class_names(Config(dict(test_dataloader=dict(dataset={}))), 400, {})[0] == "abseiling"


@pytest.mark.parametrize("metrics", ["one", "several"])
def test_file_of_the_metric_comes_before_the_checkpoint(metrics: str, tmp_path: Path):
    categories = [{"id": 2, "name": "second"}, {"id": 1, "name": "first"}]
    (tmp_path / "lvis.json").write_text(json.dumps({"categories": categories}))
    metric = dict(ann_file=str(tmp_path / "lvis.json"))
    evaluator = metric if metrics == "one" else [dict(type="Other"), metric]
    cfg = Config(dict(test_dataloader=dict(dataset={}), test_evaluator=evaluator))
    assert class_names(cfg, 2, REMEMBERED) == ["second", "first"]


@pytest.mark.parametrize(
    ("parts", "expected"), [(1, ["x", "y"]), (2, ["class 0", "class 1"])], ids=["one", "joined"]
)
def test_data_set_is_looked_for_in_wrappers(parts: int, expected: list[str]):
    data = dict(type="CocoDataset", metainfo=dict(classes=("x", "y")))
    joined = dict(type="ConcatDataset", datasets=[data] * parts)
    dataset = dict(type="RepeatDataset", dataset=data if parts == 1 else joined)
    cfg = Config(dict(test_dataloader=dict(dataset=dataset)))
    assert class_names(cfg, 2, {}) == expected
