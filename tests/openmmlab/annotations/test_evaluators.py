"""The files of a config's metrics, compared with those of its data sets."""

from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

import iclip.openmmlab  # noqa: F401  (before the frameworks)

from iclip.openmmlab.annotations import check_annotations  # isort: skip
from tests.support.odd_annotations import (  # isort: skip
    coco_content,
    detection,
    lvis_content,
    only,
    write_json,
)


def evaluated(folder: Path, truth: Any) -> Config:
    val = lvis_content(folder)
    cfg = detection(folder, lvis_content(folder), val=val)
    path = write_json(folder / "truth.json", truth)
    cfg.val_evaluator = dict(type="iclip.LVISBoxMetric", ann_file=str(path))
    return cfg


def test_metric_without_frequencies_says_what_it_leaves_out(tmp_path: Path):
    truth = lvis_content(tmp_path)
    truth["categories"][1].pop("frequency")
    cfg = evaluated(tmp_path, truth)
    cfg.pop("train_dataloader")
    told = only(check_annotations(cfg).notes)
    assert 'categories without a "frequency" of r, c or f: 1 (dog); they are in AP but' in told


def test_order_of_labels_is_compared_with_the_data_sets(tmp_path: Path):
    val, truth = coco_content(tmp_path), coco_content(tmp_path)
    cfg = detection(tmp_path, "{", "CocoDataset", val=val, metainfo=dict(classes=("cat", "dog")))
    cfg.pop("train_dataloader")
    truth["categories"].reverse()
    path = write_json(tmp_path / "truth.json", truth)
    cfg.val_evaluator = [dict(type="CocoMetric", ann_file=str(path), metric="bbox")]
    problem = only(check_annotations(cfg).problems)
    assert problem.startswith(f"Evaluation: {path} (val_evaluator.ann_file)")
    assert "label 0 is '5' in" in problem


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda truth: truth["images"].pop(), "are not in it: 1 (2); name one file in both"),
        (lambda truth: truth["categories"].reverse(), "label 0 is '5' in"),
        (lambda truth: truth["images"][0].pop("neg_category_ids"), "CocoMetric"),
    ],
)
def test_metrics_file_must_fit_the_data_sets(change: Any, told: str, tmp_path: Path):
    truth = lvis_content(tmp_path)
    change(truth)
    truth["annotations"] = []
    cfg = evaluated(tmp_path, truth)
    cfg.pop("train_dataloader")
    problem = only(check_annotations(cfg).problems)
    assert problem.startswith(f"Evaluation: {tmp_path}/truth.json (val_evaluator.ann_file)")
    assert told in problem
