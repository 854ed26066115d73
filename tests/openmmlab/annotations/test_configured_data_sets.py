"""The data sets and heads of a config."""

from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

import iclip.openmmlab  # noqa: F401  (before the frameworks)

from iclip.openmmlab.annotations import check_annotations  # isort: skip
from iclip.openmmlab.annotations.configured_data_sets import (  # isort: skip
    head_class_counts,
)
from tests.support.odd_annotations import (  # isort: skip
    detection,
    detection_source,
    lvis_content,
    only,
    write_json,
)


def test_joined_data_sets_are_each_checked(tmp_path: Path):
    content = lvis_content(tmp_path)
    write_json(tmp_path / "a.json", content)
    write_json(tmp_path / "b.json", "{")
    parts = [detection_source(tmp_path, name, "LVISV1Dataset") for name in ("a.json", "b.json")]
    joined = dict(type="ConcatDataset", datasets=parts)
    repeated = dict(type="RepeatDataset", times=2, dataset=joined)
    cfg = Config(dict(default_scope="mmdet", train_dataloader=dict(dataset=repeated)))
    findings = check_annotations(cfg)
    assert "b.json (train_dataloader.dataset.dataset.datasets.1.ann_file)" in only(
        findings.problems
    )
    assert list(findings.read) == ["train.0"]


def test_same_data_set_is_checked_once(tmp_path: Path):
    cfg = detection(tmp_path, "{", val="{")
    cfg.test_dataloader = cfg.val_dataloader
    assert len(check_annotations(cfg).problems) == 2


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (dict(type="CocoDatasset"), "has no data set CocoDatasset; did you mean CocoDataset?"),
        (dict(type="CocoDataset", ann_fil="a.json"), "argument 'ann_fil'"),
    ],
)
def test_error_of_building_a_data_set_is_a_problem(source: dict[str, Any], told: str):
    cfg = Config(dict(default_scope="mmdet", train_dataloader=dict(dataset=source)))
    problem = only(check_annotations(cfg).problems)
    assert problem.startswith("Data set: train_dataloader.dataset cannot be built from the config")
    assert told in problem
    assert problem.endswith("Correct its type or its arguments")


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (
            dict(rpn_head=dict(num_classes=1), roi_head=dict(bbox_head=dict(num_classes=7))),
            {"model.roi_head.bbox_head.num_classes": 7},
        ),
        (
            dict(roi_head=dict(bbox_head=[dict(num_classes=7), dict(num_classes=8)])),
            {
                "model.roi_head.bbox_head.0.num_classes": 7,
                "model.roi_head.bbox_head.1.num_classes": 8,
            },
        ),
        (dict(bbox_head=dict(num_classes=5)), {"model.bbox_head.num_classes": 5}),
        (
            dict(decode_head=dict(num_classes=3), auxiliary_head=dict(num_classes=3)),
            {"model.decode_head.num_classes": 3, "model.auxiliary_head.num_classes": 3},
        ),
        (dict(backbone=dict(num_classes=1000)), {}),
        (None, {}),
    ],
)
def test_only_heads_that_see_labels_are_counted(model: Any, expected: dict[str, int]):
    assert head_class_counts(model) == expected


def test_evaluation_has_the_tested_classes_of_a_head():
    head = dict(num_classes=56, tested_classes=dict(num_classes=78))
    model = dict(decode_head=head, auxiliary_head=[dict(num_classes=3)])
    other = {"model.auxiliary_head.0.num_classes": 3}
    assert head_class_counts(model) == {"model.decode_head.num_classes": 56} | other
    found = head_class_counts(model, tested=True)
    assert found == {"model.decode_head.tested_classes.num_classes": 78} | other
