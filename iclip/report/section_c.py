"""Section C's recipes, held line by line against a transfer run's resolved config."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from iclip.report.config_text import setting
from iclip.report.recipe_settings import (
    at,
    global_batch,
    has_pretrained,
    longer_side,
    norm_decay,
    present,
    schedule,
    shorter_sides,
    transform,
)
from iclip.report.runs import Run
from iclip.tasks import DETECTION, SEGMENTATION, VIDEO


@dataclass(frozen=True)
class Line:
    """One line of a recipe.

    Attributes:
        what: In the field's words.
        wanted: The recipe's value.
        read: Finds the run's value; None where the config does not say.
        origin: ``paper`` (Section C), ``public`` (the works that it names), ``choice`` (this
            project's where neither says anything) or ``doubt`` (they disagree, or were not found).
    """

    what: str
    wanted: Any
    read: Callable[[Run], Any]
    origin: str


@dataclass(frozen=True)
class Verdict:
    """A line and what became of it: ``conforms``, ``differs`` or ``unknown``."""

    line: Line
    found: Any
    status: str


def check_recipe(run: Run) -> list[Verdict]:
    """Hold a transfer run against Section C; empty for pre-training."""
    recipe = _RECIPES.get(run.task or "")
    arch = setting(run.config, "model.backbone.arch")
    verdicts = []
    for line in recipe("tiny" if arch == "tiny" else "base") if recipe else ():
        found = line.read(run)
        status = "unknown" if found is None else _compare(found, line.wanted)
        verdicts.append(Verdict(line, found, status))
    return verdicts


def _compare(found: Any, wanted: Any) -> str:
    return "conforms" if _plain(found) == _plain(wanted) else "differs"


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _optimizer(lr: float, decay: float) -> tuple[Line, ...]:
    return (
        Line("optimizer", "AdamW", at("optim_wrapper.optimizer.type"), "public"),
        Line("learning rate", lr, at("optim_wrapper.optimizer.lr"), "public"),
        Line("weight decay", decay, at("optim_wrapper.optimizer.weight_decay"), "public"),
        Line("weight decay of norms, factor", 0.0, norm_decay, "public"),
    )


def _tests(scale: Sequence[int]) -> tuple[Line, ...]:
    return (
        Line("test scale", list(scale), transform("test_dataloader", "Resize", "scale"), "public"),
        Line("augmentation in testing", False, present("test_dataloader", "TestTimeAug"), "paper"),
    )


_PRETRAINED = Line("starts from a checkpoint", True, has_pretrained, "paper")
_DROP_PATH = at("model.backbone.drop_path_rate")


def _detection(arch: str) -> tuple[Line, ...]:
    drop_path, origin = (0.2, "doubt") if arch == "tiny" else (0.3, "public")
    thr = at("train_dataloader.dataset.oversample_thr")
    return (
        Line("framework", "FasterRCNN", at("model.type"), "paper"),
        _PRETRAINED,
        Line("categories", 1203, at("model.roi_head.bbox_head.num_classes"), "paper"),
        Line("window", 7, at("model.backbone.window_size"), "paper"),
        Line("epochs", 24, at("train_cfg.max_epochs"), "paper"),
        Line("shorter side in training", (480, 800), shorter_sides, "paper"),
        Line("longer side in training", 1333, longer_side, "public"),
        Line("crops in training", False, present("train_dataloader", "RandomCrop"), "choice"),
        *_tests((1333, 800)),
        *_optimizer(1e-4, 0.05),
        Line("batch", 16, global_batch, "public"),
        Line("drops after epochs", [16, 22], schedule("MultiStepLR", "milestones"), "public"),
        Line("drop path", drop_path, _DROP_PATH, origin),
        Line("repeat-factor threshold", 1e-3, thr, "public"),
        Line("score threshold", 1e-4, at("model.test_cfg.rcnn.score_thr"), "public"),
        Line("boxes per image", 300, at("model.test_cfg.rcnn.max_per_img"), "public"),
        Line("metric", "iclip.LVISBoxMetric", at("test_evaluator.type"), "paper"),
    )


def _segmentation(arch: str) -> tuple[Line, ...]:
    side = 512 if arch == "tiny" else 640
    crop = transform("train_dataloader", "RandomCrop", "crop_size")
    share = transform("train_dataloader", "RandomCrop", "cat_max_ratio")
    scales = transform("train_dataloader", "RandomResize", "ratio_range")
    layers = at("model.decode_head.transformer_decoder.num_layers")
    return (
        Line("framework", "MaskFormerHead", at("model.decode_head.type"), "paper"),
        _PRETRAINED,
        Line("classes", 150, at("model.decode_head.num_classes"), "public"),
        Line("window", 7, at("model.backbone.window_size"), "paper"),
        Line("iterations", 160_000, at("train_cfg.max_iters"), "public"),
        Line(f"crop (Swin-{arch[0].upper()})", [side, side], crop, "public"),
        Line("largest share of a class in a crop", 1.0, share, "public"),
        Line("scales of the crop", (0.5, 2.0), scales, "public"),
        *_tests((4 * side, side)),
        *_optimizer(6e-5, 0.01),
        Line("batch", 16, global_batch, "public"),
        Line("warm-up iterations", 1500, schedule("LinearLR", "end"), "public"),
        Line("poly power", 0.9, schedule("PolyLR", "power"), "public"),
        Line("gradient clip", 0.01, at("optim_wrapper.clip_grad.max_norm"), "public"),
        Line("drop path", 0.3, _DROP_PATH, "public"),
        Line("queries", 100, at("model.decode_head.num_queries"), "public"),
        Line("decoder layers", 6, layers, "public"),
        Line("metric", ["mIoU"], at("test_evaluator.iou_metrics"), "paper"),
    )


def _video(arch: str) -> tuple[Line, ...]:
    lr, decay, drop_path = (1e-3, 0.02, 0.1) if arch == "tiny" else (3e-4, 0.05, 0.2)
    clip = "train_dataloader", "SampleFrames"
    factor = at("optim_wrapper.paramwise_cfg.backbone.lr_mult")
    clips = transform("test_dataloader", "SampleFrames", "num_clips")
    return (
        Line("framework", "iclip.VideoSwinBackbone", at("model.backbone.type"), "paper"),
        _PRETRAINED,
        Line("classes", 400, at("model.cls_head.num_classes"), "paper"),
        Line("window", (8, 7, 7), at("model.backbone.window_size"), "public"),
        Line("patch", (2, 4, 4), at("model.backbone.patch_size"), "public"),
        Line("epochs", 30, at("train_cfg.max_epochs"), "paper"),
        Line("frames per clip", 32, transform(*clip, "clip_len"), "public"),
        Line("stride of frames", 2, transform(*clip, "frame_interval"), "public"),
        Line("test clips", 4, clips, "public"),
        Line("three test crops", True, present("test_dataloader", "ThreeCrop"), "public"),
        *_optimizer(lr, decay),
        Line("backbone's rate, factor", 0.1, factor, "public"),
        Line("batch", 64, global_batch, "doubt"),
        Line("drop path", drop_path, _DROP_PATH, "public"),
        Line("head dropout", 0.5, at("model.cls_head.dropout_ratio"), "public"),
    )


# Each takes "base" or "tiny": the public recipes differ by the size of the Swin.
_RECIPES: dict[str, Callable[[str], tuple[Line, ...]]] = {
    DETECTION: _detection,
    SEGMENTATION: _segmentation,
    VIDEO: _video,
}
