"""Which data sets of a config are checked, by what they read, and how they are compared."""

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest
from mmengine.config import Config

import iclip.openmmlab  # noqa: F401  (before the frameworks)

from iclip.files.annotations import read_annotations, release_annotations  # isort: skip
from iclip.engine.start import preflight  # isort: skip
from iclip.engine.hooks import ReleaseAnnotations  # isort: skip
from iclip.engine.start.launch import plan_launch  # isort: skip
from iclip.engine.start.preflight import NotReadyError, check_ready  # isort: skip
from iclip.findings import checked_data  # isort: skip
from iclip.openmmlab.annotations import check_annotations  # isort: skip
from iclip.openmmlab.annotations.configured_data_sets import (  # isort: skip
    configured_data_sets,
    head_class_counts,
)
from tests.openmmlab.annotations.odd_data import (  # isort: skip
    coco_content,
    detection,
    detection_source,
    lvis_content,
    only,
    segmentation,
    write_json,
)


def test_data_set_is_told_by_its_base_class(tmp_path: Path):
    from mmdet.datasets import CocoDataset
    from mmdet.registry import DATASETS

    @DATASETS.register_module()
    class OwnDetectionData(CocoDataset):
        METAINFO: ClassVar = dict(classes=("cat", "dog"))

    try:
        content = coco_content(tmp_path)
        content["annotations"][0]["bbox"] = [1]
        problem = only(check_annotations(detection(tmp_path, content, "OwnDetectionData")).problems)
        assert "boxes that are not four numbers" in problem
    finally:
        DATASETS.module_dict.pop("OwnDetectionData")


def test_type_may_name_its_framework(tmp_path: Path):
    cfg = segmentation(tmp_path, 7)
    cfg.default_scope = "mmdet"
    cfg.train_dataloader.dataset.type = "mmseg.BaseSegDataset"
    assert "labels that are no class" in only(check_annotations(cfg).problems)


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
def test_data_set_that_cannot_be_built(source: dict[str, Any], told: str):
    cfg = Config(dict(default_scope="mmdet", train_dataloader=dict(dataset=source)))
    problem = only(check_annotations(cfg).problems)
    assert problem.startswith("Data set: train_dataloader.dataset cannot be built from the config")
    assert told in problem
    assert problem.endswith("Correct its type or its arguments")


def test_kind_that_is_not_checked_is_said(tmp_path: Path):
    source = dict(type="XMLDataset", data_root=str(tmp_path), ann_file="list.txt")
    cfg = Config(dict(default_scope="mmdet", train_dataloader=dict(dataset=source)))
    told = only(check_annotations(cfg).notes)
    assert "train_dataloader.dataset.type=XMLDataset is of a kind whose contents are not" in told


def test_data_of_pretraining_is_none_of_its_findings():
    source = dict(type="MixedSources", labelled=None)
    cfg = Config(dict(default_scope="iclip", train_dataloader=dict(dataset=source)))
    assert check_annotations(cfg).problems == ()
    assert configured_data_sets(cfg) == ([], [])


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
def test_heads_that_see_labels(model: Any, expected: dict[str, int]):
    assert head_class_counts(model) == expected


def test_images_in_training_and_validation_are_counted(tmp_path: Path):
    content = lvis_content(tmp_path, count=3)
    val = {**content, "images": content["images"][:2], "annotations": content["annotations"][:2]}
    told = only(check_annotations(detection(tmp_path, content, val=val)).notes)
    assert "2 of 2 files of" in told
    assert "train.json (train_dataloader.dataset.dataset), too (" in told


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
    assert 'categories without a "frequency" of r, c or f: 1 (dog); they are in AP, and' in told


def test_cocos_metric_of_another_file_than_the_data(tmp_path: Path):
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
def test_metric_of_another_file_than_the_data(change: Any, told: str, tmp_path: Path):
    truth = lvis_content(tmp_path)
    change(truth)
    truth["annotations"] = []
    cfg = evaluated(tmp_path, truth)
    cfg.pop("train_dataloader")
    problem = only(check_annotations(cfg).problems)
    assert problem.startswith(f"Evaluation: {tmp_path}/truth.json (val_evaluator.ann_file)")
    assert told in problem


def test_run_stops_before_the_start_with_all_of_it(tmp_path: Path):
    content = lvis_content(tmp_path)
    content["annotations"][1]["category_id"] = 7
    cfg, launch = detection(tmp_path, content), plan_launch(None, "cpu", {})
    environment = {"ICLIP_DATA": str(tmp_path)}
    with pytest.raises(NotReadyError, match="categories that the file does not list: 1"):
        check_ready(cfg, launch, environment, [check_annotations])
    # One process reads the files, not each.
    check_ready(cfg, launch, environment | {"RANK": "1"}, [check_annotations])


def test_what_was_read_is_said_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    said = []
    monkeypatch.setattr(preflight, "print_log", lambda text, **_: said.append(text))
    cfg, launch = detection(tmp_path, lvis_content(tmp_path)), plan_launch(None, "cpu", {})
    check_ready(cfg, launch, {"ICLIP_DATA": str(tmp_path)}, [check_annotations])
    line = f"LVISV1Dataset {tmp_path}/train.json: 2 images, 2 boxes, 2 categories"
    assert said == [f"Data, train: {line}"]
    assert str(checked_data()["train"]) == line


@pytest.mark.parametrize("kind", ["LVISV1Dataset", "CocoDataset"])
def test_file_is_read_once_by_check_data_set_and_metric(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from mmdet.evaluation.metrics import CocoMetric
    from mmdet.registry import DATASETS

    from iclip.evaluation import LVISBoxMetric

    own = {} if kind == "LVISV1Dataset" else dict(metainfo=dict(classes=("cat", "dog")))
    content = (lvis_content if kind == "LVISV1Dataset" else coco_content)(tmp_path)
    cfg = detection(tmp_path, content, kind, **own)
    release_annotations()
    readings = []
    loads = json.loads
    monkeypatch.setattr(json, "loads", lambda text: readings.append(text) or loads(text))
    monkeypatch.setattr(json, "load", lambda file: readings.append(file) or loads(file.read()))
    check_annotations(cfg)
    dataset = DATASETS.build({**cfg.train_dataloader.dataset.dataset, "pipeline": []})
    assert len(dataset) == 2
    path = str(tmp_path / "train.json")
    (LVISBoxMetric if kind == "LVISV1Dataset" else CocoMetric)(ann_file=path)
    assert len([text for text in readings if "images" in str(text)]) == 1


def test_memory_is_given_back_when_a_run_begins(tmp_path: Path):
    path = write_json(tmp_path / "a.json", lvis_content(tmp_path))
    first = read_annotations(path)
    ReleaseAnnotations().before_run(None)
    assert read_annotations(path) is not first
