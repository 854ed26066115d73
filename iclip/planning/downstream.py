"""A step of a downstream task, traced up to where values decide what comes next.

How many boxes are left and which query is matched depends on values, which fake tensors lack. So
the networks are traced, forward and backward, with all boxes that a step may sample; what compares
their outputs with the labels is left out, and said.
"""

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from torch import Tensor, nn

from iclip.batch_sizes import BatchSizes
from iclip.planning.fake_gpus import CUDA
from iclip.planning.traced_step import TracedStep, traced_training
from iclip.settings import get_setting, whole_number
from iclip.tasks import DETECTION, SEGMENTATION, VIDEO, pipeline_steps, task_of

_LEFT_OUT = {
    DETECTION: "assigning and sampling boxes, suppression, and the losses (the networks run on all "
    "boxes that a step may sample, shared evenly by the levels)",
    SEGMENTATION: "matching queries with segments, and the losses",
    VIDEO: "the loss of the scores",
}
_BATCH = "train_dataloader.batch_size"


class DownstreamStep:
    """The step of a downstream config.

    Args:
        cfg: The config.

    Attributes:
        notes: What is assumed about the data, and what is left out.
        micro_batch_option: What sets the samples of a GPU.

    Raises:
        ValueError: The config's task or the size of its inputs is not known.
    """

    micro_batch_option = f"--cfg-options {_BATCH}="

    def __init__(self, cfg: Config) -> None:
        import iclip.openmmlab  # noqa: F401  (before the frameworks)

        task = task_of(cfg)
        if task not in _LEFT_OUT:
            raise ValueError(
                f"{cfg.filename}: a plan knows pre-training, {', '.join(_LEFT_OUT)}, and the "
                f"config's task is {task or 'none of them'}"
            )
        self.cfg, self.task = cfg, task
        self.shape = _SHAPES[task](cfg)
        size = " x ".join(map(str, self.shape))
        self.notes = [
            f"every input has the largest size of the training pipeline, {size}",
            f"left out of memory and operations: {_LEFT_OUT[task]}",
        ]

    def sizes(self, gpus: int) -> BatchSizes:
        """Return the sizes that the config states, a batch per GPU."""
        batch = whole_number(_BATCH, get_setting(self.cfg, _BATCH))
        return BatchSizes(batch * gpus, gpus, batch, 1)

    def smaller(self, sizes: BatchSizes) -> list[BatchSizes]:
        """Return all smaller batches per GPU, ascending; with them the whole batch is smaller."""
        return [
            replace(sizes, global_batch_size=count * sizes.processes, micro_batch_size=count)
            for count in range(1, sizes.micro_batch_size)
        ]

    def on_more_gpus(self, sizes: BatchSizes, gpus: int) -> BatchSizes | None:
        """Return None: the batch per GPU, hence its memory, is the same on more of them."""

    def samples(self, sizes: BatchSizes) -> dict[str, int]:
        """Return the samples per step and source."""
        return {"labelled": sizes.global_batch_size}

    def trace(self, sizes: BatchSizes, backbone: Mapping[str, Any] | None = None) -> TracedStep:
        """Trace a step.

        Args:
            sizes: The sizes of the step.
            backbone: Changes to the backbone's settings.
        """
        model = self._build(backbone or {})
        forward = _FORWARDS[self.task](model)
        with traced_training(model, self.cfg, sizes.processes, forward) as traced:
            for name, module in model.named_children():
                traced.ledger.watch(module, "forward", name.replace("_", " "))
            with traced.ledger.part("inputs"):
                inputs = torch.empty(sizes.micro_batch_size, *self.shape, device=CUDA)
            with traced.optim_wrapper.optim_context(traced.model):
                outputs = traced.model(inputs)
            loss = torch.stack([output.float().mean() for output in outputs]).sum()
            traced.optim_wrapper.update_params(loss)
        return traced.result()

    def _build(self, backbone: Mapping[str, Any]) -> nn.Module:
        settings = copy.deepcopy(self.cfg.model)
        settings.backbone.update(backbone)
        return built_without_values(settings, self.cfg.default_scope)


def built_without_values(settings: Mapping[str, Any], scope: str) -> nn.Module:
    """Build a model whose parameters need no memory, but for mmaction's.

    Args:
        settings: The config's ``model``.
        scope: The config's ``default_scope``.
    """
    # mmaction's models read the values of a tensor when they are built.
    device = "cpu" if scope == "mmaction" else "meta"
    with DefaultScope.overwrite_default_scope(scope), torch.device(device):
        return MODELS.build(settings)


class _Networks(nn.Module):
    """A model whose forward pass takes inputs (B, ...) and returns what its losses compare."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model: Any = model


class _Detector(_Networks):
    def forward(self, inputs: Tensor) -> list[Tensor]:
        model = self.model
        maps = model.extract_feat(inputs)
        proposals = model.rpn_head(maps)
        outputs = [output for level in proposals for output in level]
        if not getattr(model, "with_roi_head", False):
            return outputs
        heads = [(model.roi_head.bbox_roi_extractor, model.roi_head.bbox_head)]
        if getattr(model.roi_head, "with_mask", False):
            heads.append((model.roi_head.mask_roi_extractor, model.roi_head.mask_head))
        boxes = len(inputs) * model.train_cfg.rcnn.sampler.num
        for extractor, head in heads:
            layers = extractor.roi_layers
            rois = torch.empty(-(-boxes // len(layers)), 5, device=inputs.device)
            pooled = [layer(level, rois) for layer, level in zip(layers, maps, strict=False)]
            found = head(torch.cat(pooled))
            outputs += found if isinstance(found, tuple) else [found]
        return outputs


class _Segmenter(_Networks):
    def forward(self, inputs: Tensor) -> list[Tensor]:
        from iclip.openmmlab.made_up_samples import segmentation_sample

        samples = [segmentation_sample(*inputs.shape[1:])[1] for _ in inputs]
        return list(self.model.decode_head(self.model.extract_feat(inputs), samples))


class _Recognizer(_Networks):
    def forward(self, inputs: Tensor) -> list[Tensor]:
        return [self.model.cls_head(self.model.extract_feat(inputs)[0])]


_FORWARDS = {DETECTION: _Detector, SEGMENTATION: _Segmenter, VIDEO: _Recognizer}


def _detection_shape(cfg: Config) -> tuple[int, ...]:
    """Return (3, height, width) of the largest image, lying, padded as the preprocessor does."""
    divisor = get_setting(cfg, "model.data_preprocessor.pad_size_divisor", 1)
    scales = [
        scale
        for step in pipeline_steps(cfg.train_dataloader)
        for scale in step.get("scales", [step.get("scale")])
        if isinstance(scale, list | tuple)
    ]
    if not scales:
        raise ValueError(_unknown_size(cfg, "a transform with scale or scales"))
    longer, shorter = max((max(scale), min(scale)) for scale in scales)
    return 3, *(-(-side // divisor) * divisor for side in (shorter, longer))


def _segmentation_shape(cfg: Config) -> tuple[int, ...]:
    """Return (3, height, width) of the crops."""
    size = get_setting(cfg, "model.data_preprocessor.size")
    if size is None:
        raise ValueError(_unknown_size(cfg, "model.data_preprocessor.size"))
    return 3, *size


def _video_shape(cfg: Config) -> tuple[int, ...]:
    """Return (clips, 3, frames, height, width) of a video."""
    steps = list(pipeline_steps(cfg.train_dataloader))
    frames = [step for step in steps if "clip_len" in step]
    sizes = [step["scale"] for step in steps if step.get("keep_ratio") is False]
    if not frames or not sizes:
        raise ValueError(
            _unknown_size(cfg, "clip_len and a Resize with scale and keep_ratio=False")
        )
    width, height = sizes[-1]
    return frames[0].get("num_clips", 1), 3, frames[0]["clip_len"], height, width


def _unknown_size(cfg: Config, needed: str) -> str:
    return f"{cfg.filename}: the size of the training inputs is not stated; a plan reads {needed}"


_SHAPES = {DETECTION: _detection_shape, SEGMENTATION: _segmentation_shape, VIDEO: _video_shape}
