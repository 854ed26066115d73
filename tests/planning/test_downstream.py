"""Steps of the downstream tasks on GPUs that are not there."""

from pathlib import Path

import pytest
from mmengine.config import Config

import iclip.openmmlab  # noqa: F401  (before a config of downstream/ is read)
from iclip.batch_sizes import BatchSizes
from iclip.planning.downstream import DownstreamStep
from iclip.planning.ledger import BACK, FORWARD
from iclip.planning.traced_step import BUCKETS, GRADIENTS, TracedStep

DOWNSTREAM = Path(__file__).resolve().parents[2] / "downstream"
TOY = {
    "detection": ("toy/lvis_frcnn.py", {"backbone", "neck", "rpn head"}),
    "segmentation": ("toy/ade20k_maskformer.py", {"backbone", "decode head"}),
    "video": ("toy/k400_video_swin.py", {"backbone", "cls head"}),
}


def step_of(config: str) -> DownstreamStep:
    return DownstreamStep(Config.fromfile(DOWNSTREAM / config))


def trace(config: str) -> TracedStep:
    step = step_of(config)
    return step.trace(step.sizes(2))


@pytest.mark.parametrize("task", TOY)
def test_networks_are_traced_forward_and_backward(planner, task: str):
    config, parts = TOY[task]
    account = planner(trace, config).account
    for part in parts:
        assert account.flops_of(part=part, stage=BACK) > account.flops_of(part=part, stage=FORWARD)
    # All gradients were exchanged, so every weight has had one.
    assert account.sent[GRADIENTS] > 0.99 * account.peak[BUCKETS] - 512 * 500


def test_a_change_reaches_the_backbone_and_not_the_config():
    step = step_of(TOY["segmentation"][0])
    kept = [step._build(change).backbone.layers[0].with_cp for change in ({}, {"with_cp": True})]
    assert kept == [False, True] and "with_cp" not in step.cfg.model.backbone


@pytest.mark.parametrize(
    ("config", "shape"),
    [
        # Shorter side 800, longer 1333, padded to multiples of 32.
        ("lvis_frcnn_2x.py", (3, 800, 1344)),
        ("ade20k_maskformer_160k.py", (3, 640, 640)),
        ("ade20k_maskformer_swint_160k.py", (3, 512, 512)),
        ("k400_video_swin_30e.py", (1, 3, 32, 224, 224)),
    ],
)
def test_inputs_have_the_largest_size_of_the_pipeline(config: str, shape: tuple[int, ...]):
    assert step_of(config).shape == shape


def test_what_is_left_out_is_noted():
    size, left_out = step_of("lvis_frcnn_2x.py").notes
    assert "3 x 800 x 1344" in size
    assert left_out.startswith("left out of memory and operations: assigning and sampling boxes")


def test_sizes_are_batches_per_gpu():
    step = step_of("lvis_frcnn_2x.py")
    sizes = step.sizes(8)
    assert sizes == BatchSizes(16, 8, 2, 1) and step.samples(sizes) == {"labelled": 16}
    assert step.smaller(sizes) == [BatchSizes(8, 8, 1, 1)]
    assert step.on_more_gpus(sizes, 16) is None


def test_a_config_of_another_task_is_an_error():
    cfg = Config.fromfile(DOWNSTREAM.parent / "configs" / "micro" / "iclip.py")
    with pytest.raises(ValueError, match=r"a plan knows pre-training, detection, .*pre-training"):
        DownstreamStep(cfg)


@pytest.mark.parametrize(
    ("config", "key", "needed"),
    [
        ("lvis_frcnn_2x.py", "train_dataloader.dataset.dataset.pipeline", "scale or scales"),
        ("ade20k_maskformer_160k.py", "model.data_preprocessor.size", "data_preprocessor.size"),
        ("k400_video_swin_30e.py", "train_dataloader.dataset.pipeline", "clip_len"),
    ],
)
def test_inputs_of_an_unknown_size_are_an_error(config: str, key: str, needed: str):
    cfg = Config.fromfile(DOWNSTREAM / config)
    steps = [dict(type="mmdet.PackDetInputs")] if "lvis" in config else []
    if "k400" in config:
        steps = [dict(type="PackActionInputs")]
    cfg.merge_from_dict({key: steps or None})
    with pytest.raises(ValueError, match=f"size of the training inputs is not stated.*{needed}"):
        DownstreamStep(cfg)
