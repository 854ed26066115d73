"""Which data sets of a config are checked, by what they read, and how they are compared."""

from pathlib import Path
from typing import ClassVar

import pytest
from mmengine.config import Config

import iclip.openmmlab  # noqa: F401  (before the frameworks)

from iclip.engine.start import preflight  # isort: skip
from iclip.engine.start.launch import plan_launch  # isort: skip
from iclip.engine.start.preflight import NotReadyError, check_ready  # isort: skip
from iclip.findings import checked_data  # isort: skip
from iclip.openmmlab.annotations import check_annotations  # isort: skip
from iclip.openmmlab.annotations.configured_data_sets import (  # isort: skip
    configured_data_sets,
)
from tests.support.odd_annotations import (  # isort: skip
    coco_content,
    detection,
    lvis_content,
    only,
    segmentation,
)
from tests.support.torchrun import torchrun_environment


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
    assert "label maps with labels of no class" in only(check_annotations(cfg).problems)


def test_kind_that_is_not_checked_is_said(tmp_path: Path):
    source = dict(type="XMLDataset", data_root=str(tmp_path), ann_file="list.txt")
    cfg = Config(dict(default_scope="mmdet", train_dataloader=dict(dataset=source)))
    told = only(check_annotations(cfg).notes)
    assert "train_dataloader.dataset.type=XMLDataset is of a kind whose contents are not" in told


def test_pretraining_has_no_findings():
    source = dict(type="MixedSources", labelled=None)
    cfg = Config(dict(default_scope="iclip", train_dataloader=dict(dataset=source)))
    assert check_annotations(cfg).problems == ()
    assert configured_data_sets(cfg) == ([], [])


def test_images_in_training_and_validation_are_counted(tmp_path: Path):
    content = lvis_content(tmp_path, count=3)
    val = {**content, "images": content["images"][:2], "annotations": content["annotations"][:2]}
    told = only(check_annotations(detection(tmp_path, content, val=val)).notes)
    assert "2 of 2 files of" in told
    assert "train.json (train_dataloader.dataset.dataset), too (" in told


def test_run_stops_before_the_start_with_all_of_it(tmp_path: Path):
    content = lvis_content(tmp_path)
    content["annotations"][1]["category_id"] = 7
    cfg, launch = detection(tmp_path, content), plan_launch(None, "cpu", {})
    environment = {"ICLIP_DATA": str(tmp_path)}
    with pytest.raises(NotReadyError, match="categories that the file does not list: 1"):
        check_ready(cfg, launch, environment, [check_annotations])
    # One process reads the files, not each.
    second = environment | torchrun_environment(rank=1, ranks=2, port=1)
    check_ready(cfg, launch, second, [check_annotations])


def test_what_was_read_is_said_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    said = []
    monkeypatch.setattr(preflight, "print_log", lambda text, **_: said.append(text))
    cfg, launch = detection(tmp_path, lvis_content(tmp_path)), plan_launch(None, "cpu", {})
    check_ready(cfg, launch, {"ICLIP_DATA": str(tmp_path)}, [check_annotations])
    line = f"LVISV1Dataset {tmp_path}/train.json: 2 images, 2 boxes, 2 categories"
    assert said == [f"Data, train: {line}"]
    assert str(checked_data()["train"]) == line


def test_head_may_be_tested_on_other_classes(tmp_path: Path):
    cfg = segmentation(tmp_path, 0)
    source = cfg.train_dataloader.dataset
    count = len(source.metainfo.classes)
    cfg.val_dataloader = dict(dataset=dict(source, metainfo=dict(classes=["x"] * (count + 2))))
    told = check_annotations(cfg).problems
    assert told  # other classes, and another number of them than the model's
    cfg.model.decode_head.tested_classes = dict(num_classes=count + 2)
    assert not check_annotations(cfg).problems
