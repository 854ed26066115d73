"""Tasks and views are read off a config's structure."""

from pathlib import Path
from typing import Any

import mmaction
import mmdet
import mmseg
import pytest
from mmengine.config import Config

import iclip.openmmlab  # noqa: F401  (before the frameworks' configs)
from iclip.tasks import in_percent, pipeline_steps, task_of, views_of

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = [
    (mmdet, "faster_rcnn/faster-rcnn_r50_fpn_1x_coco", "detection"),
    (mmdet, "mask_rcnn/mask-rcnn_r50_fpn_1x_coco", "detection"),
    (mmdet, "cascade_rcnn/cascade-mask-rcnn_r50_fpn_1x_coco", "detection"),
    (mmdet, "retinanet/retinanet_r50_fpn_1x_coco", "detection"),
    (mmdet, "dino/dino-4scale_r50_8xb2-12e_coco", "detection"),
    (mmdet, "mask2former/mask2former_r50_8xb2-lsj-50e_coco", "detection"),
    (mmseg, "upernet/upernet_r50_4xb4-80k_ade20k-512x512", "segmentation"),
    (mmseg, "mask2former/mask2former_r50_8xb2-160k_ade20k-512x512", "segmentation"),
    (mmaction, "recognition/tsn/tsn_imagenet-pretrained-r50_8xb32-1x1x3-100e_kinetics400-rgb",
     "video"),
    (mmaction, "recognition/slowfast/slowfast_r50_8xb8-4x16x1-256e_kinetics400-rgb", "video"),
]  # fmt: skip


@pytest.mark.parametrize(("framework", "name", "task"), SHIPPED, ids=lambda value: str(value)[:40])
def test_models_of_the_frameworks_are_filed_by_their_task(framework: Any, name: str, task: str):
    path = Path(framework.__file__).parent / f".mim/configs/{name}.py"
    assert task_of(Config.fromfile(path)) == task


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("configs/micro/iclip.py", "pre-training"),
        ("configs/micro/supervised.py", "pre-training"),
        ("downstream/lvis_frcnn_2x.py", "detection"),
        ("downstream/ade20k_maskformer_160k.py", "segmentation"),
        ("downstream/k400_video_swin_30e.py", "video"),
        ("downstream/own/classification.py", "classification"),
    ],
)
def test_own_configs_are_filed_by_their_task(name: str, task: str):
    assert task_of(Config.fromfile(ROOT / name)) == task


@pytest.mark.parametrize(
    ("config", "task"),
    [
        ({"model": {"type": "mmdet.MyDetector"}}, "detection"),
        ({"model": {"type": "MyModel", "roi_head": {}}}, "detection"),
        ({"model": {"type": "MyModel"}, "default_scope": "mmseg"}, "segmentation"),
        ({"model": {"type": "iclip.MyModel", "num_classes": 3}}, "classification"),
        ({"model": {"type": "MyModel", "num_classes": 3}, "default_scope": "iclip"},
         "classification"),
        # Theirs have a number of classes as well.
        ({"model": {"type": "MyModel", "num_classes": 3}, "default_scope": "mmaction"}, "video"),
        ({"train_dataloader": {"dataset": {"pipeline": [{"type": "mmaction.PackActionInputs"}]}}},
         "video"),
        # The model of one framework in the loop of another: the samples decide.
        ({"default_scope": "mmdet", "model": {"type": "mmseg.EncoderDecoder"},
          "test_dataloader": {"dataset": {"pipeline": [{"type": "PackSegInputs"}]}}},
         "segmentation"),
        ({}, None),
        ({"model": "text", "train_dataloader": [1, None], "default_scope": 3}, None),
    ],
)  # fmt: skip
def test_structure_alone_is_enough(config: dict[str, Any], task: str | None):
    assert task_of(config) == task


def test_steps_inside_wrapped_data_sets_and_transforms_are_found():
    inner = {"type": "Inner", "transforms": [[{"type": "A"}], [{"type": "B"}]]}
    loader = {"dataset": {"type": "Repeat", "dataset": {"type": "Set", "pipeline": [inner]}}}
    kinds = [step["type"] for step in pipeline_steps(loader)]
    assert kinds == ["Repeat", "Set", "Inner", "A", "B"]


@pytest.mark.parametrize(
    ("steps", "views"),
    [
        ([{"type": "SampleFrames", "num_clips": 4}, {"type": "ThreeCrop"}], (4, 3)),
        ([{"type": "SampleFrames", "num_clips": 10}, {"type": "mmaction.TenCrop"}], (10, 10)),
        ([{"type": "SampleFrames"}, {"type": "CenterCrop"}], (1, 1)),
        ([{"type": "UniformSampleFrames", "num_clips": 2}], (2, 1)),
        ([{"type": "Resize"}], None),
    ],
)
def test_views_are_clips_and_crops(steps: list[dict[str, Any]], views: tuple[int, int] | None):
    assert views_of({"dataset": {"pipeline": steps}}) == views


@pytest.mark.parametrize(
    ("name", "value", "percent"),
    [
        ("acc/top1", 0.4167, 41.67),
        ("acc/mean1", 0.5, 50.0),
        ("coco/bbox_mAP_50", 0.25, 25.0),
        ("lvis/bbox_APr", 0.25, 25.0),
        ("lvis/AP", 25.0, 25.0),
        ("mIoU", 41.67, 41.67),
        ("imagenet1k/top1", 82.9, 82.9),
    ],
)
def test_shares_become_percent(name: str, value: float, percent: float):
    assert in_percent(name, value) == pytest.approx(percent)
