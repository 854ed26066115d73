"""What users' masks become is read by mmseg exactly, and checked by the hub's own check."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mmengine.config import Config

import iclip.openmmlab  # noqa: F401  (before mmseg)

from iclip.openmmlab.annotations import check_annotations  # isort: skip
from iclip.openmmlab.listed_label_maps import ListedLabelMaps  # isort: skip
from iclip.own_data.voc import segmentation as voc_masks  # isort: skip
from iclip.own_data.data_set import OwnData  # isort: skip
from iclip.own_data.masks.label_maps import write_segmentation  # isort: skip
from iclip.tasks import SEGMENTATION  # isort: skip
from tests.support.mask_folders import (  # isort: skip
    cvat_segmentation_mask,
    pascal_voc,
    write_numbers,
)

PIPELINE = [dict(type="iclip.LoadImageFromFile"), dict(type="LoadAnnotations")]


def prepared(root: Path, folder: Path) -> tuple[OwnData, dict[str, Path]]:
    read = voc_masks.read(root, SEGMENTATION)
    data = OwnData(SEGMENTATION, "Pascal VOC", root, read.classes, read.parts)
    return data, dict(write_segmentation(data, folder))


@pytest.mark.parametrize("write", [cvat_segmentation_mask, pascal_voc])
def test_mmseg_reads_what_was_drawn(write: Any, tmp_path: Path):
    drawn = write(tmp_path / "data")
    drawn = drawn["train"] if isinstance(drawn, dict) else drawn
    data, lists = prepared(tmp_path / "data", tmp_path / "w")
    from mmengine.registry import DefaultScope
    from mmseg.registry import TRANSFORMS

    with DefaultScope.overwrite_default_scope("mmseg"):
        steps = [TRANSFORMS.build(step) for step in PIPELINE]
    dataset = ListedLabelMaps(str(lists["train"]), metainfo=dict(classes=data.classes))
    assert len(dataset) == len(drawn)
    assert dataset.metainfo["classes"] == data.classes
    for number, pixels in enumerate(drawn):
        results = dataset.get_data_info(number)
        for step in steps:
            results = step(results)
        assert results["img"].shape == (*pixels.shape, 3)
        assert (results["gt_seg_map"] == pixels).all()


def config(list_file: Path, classes: tuple[str, ...], num_classes: int) -> Config:
    dataset = dict(
        type="iclip.ListedLabelMaps",
        ann_file=str(list_file),
        metainfo=dict(classes=classes),
        pipeline=PIPELINE,
    )
    return Config(
        dict(
            default_scope="mmseg",
            custom_imports=dict(
                imports=["iclip.openmmlab.image_files", "iclip.openmmlab.listed_label_maps"]
            ),
            model=dict(decode_head=dict(num_classes=num_classes)),
            train_dataloader=dict(dataset=dataset),
        )
    )


def test_hub_s_check_reads_the_list(tmp_path: Path):
    cvat_segmentation_mask(tmp_path / "data")
    data, lists = prepared(tmp_path / "data", tmp_path / "w")
    findings = check_annotations(config(lists["train"], data.classes, 3))
    assert (findings.problems, findings.notes) == ((), ())
    assert str(findings.read["train"]).endswith(
        "5 images, 5 label maps; checked: sizes of all, labels of 5"
    )


def test_hub_s_check_finds_what_has_changed_since(tmp_path: Path):
    pascal_voc(tmp_path / "data")
    data, lists = prepared(tmp_path / "data", tmp_path / "w")
    masks = tmp_path / "data/VOCdevkit/VOC2012/SegmentationClass"
    write_numbers(masks / "2007_train_0.png", np.full((8, 12), 77, np.uint8))
    (problem,) = check_annotations(config(lists["train"], data.classes, 21)).problems
    assert "label maps with labels of no class, of 2 maps looked at: 1" in problem
