"""Section C's recipes, held line by line against a transfer run's resolved config."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iclip.report.config_text import setting
from iclip.report.runs import Run

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """One line of a recipe.

    Attributes:
        what: In the field's words.
        wanted: The recipe's value.
        read: Finds the run's value; None where the config does not say.
        origin: ``paper`` (Section C) or ``public`` (the works that it names).
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
    verdicts = []
    for line in RECIPES.get(run.task, ()):
        found = line.read(run)
        status = "unknown" if found is None else _compare(found, line.wanted)
        verdicts.append(Verdict(line, found, status))
    return verdicts


def _compare(found: Any, wanted: Any) -> str:
    return "conforms" if _plain(found) == _plain(wanted) else "differs"


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def at(key: str) -> Callable[[Run], Any]:
    """Read a dotted key of the config."""
    return lambda run: setting(run.config, key)


def transform(section: str, name: str, key: str) -> Callable[[Run], Any]:
    """Read a setting of the first transform of a type in a data set's pipeline, wrapped or not."""

    def read(run: Run) -> Any:
        found = _transform(setting(run.config, f"{section}.dataset"), name)
        return None if found is None else setting(found, key)

    return read


def present(section: str, name: str) -> Callable[[Run], Any]:
    """Whether a pipeline has a transform; None if there is no pipeline."""

    def read(run: Run) -> Any:
        dataset = setting(run.config, f"{section}.dataset")
        return None if dataset is None else _transform(dataset, name) is not None

    return read


def schedule(name: str, key: str) -> Callable[[Run], Any]:
    """Read a setting of the first learning-rate schedule of a type."""

    def read(run: Run) -> Any:
        schedules = run.config.get("param_scheduler") or []
        return next((s.get(key) for s in schedules if s.get("type") == name), None)

    return read


def global_batch(run: Run) -> int | None:
    """Images of one step on all processes; None where their number was not recorded."""
    local = setting(run.config, "train_dataloader.batch_size")
    if local is None or not run.starts:
        return None
    return local * run.starts[-1].get("processes", 1)


def shorter_sides(run: Run) -> tuple[int, int] | None:
    """The smallest and the largest shorter side of training's images."""
    scales = transform("train_dataloader", "RandomChoiceResize", "scales")(run)
    sides = [min(scale) for scale in scales or []]
    return (min(sides), max(sides)) if sides else None


def longer_side(run: Run) -> int | None:
    """The largest longer side of training's images."""
    scales = transform("train_dataloader", "RandomChoiceResize", "scales")(run)
    return max((max(scale) for scale in scales), default=None) if scales else None


def crop(run: Run) -> list[Any] | None:
    """Side of the crops, beside the image tower that decides what it should be."""
    size = transform("train_dataloader", "RandomCrop", "crop_size")(run)
    return None if size is None else list(size)


def has_pretrained(run: Run) -> bool:
    """Whether the backbone starts from a checkpoint."""
    return setting(run.config, "model.backbone.checkpoint") is not None


def _transform(dataset: Any, name: str) -> Config | None:
    while isinstance(dataset, Mapping):
        for step in dataset.get("pipeline") or ():
            if isinstance(step, Mapping) and step.get("type") == name:
                return step
        dataset = dataset.get("dataset")
    return None


def _optimizer(lr: float, decay: float) -> tuple[Line, ...]:
    return (
        Line("optimizer", "AdamW", at("optim_wrapper.optimizer.type"), "public"),
        Line("learning rate", lr, at("optim_wrapper.optimizer.lr"), "public"),
        Line("weight decay", decay, at("optim_wrapper.optimizer.weight_decay"), "public"),
    )


def _tests(scale: Sequence[int]) -> tuple[Line, ...]:
    return (
        Line("test scale", list(scale), transform("test_dataloader", "Resize", "scale"), "public"),
        Line("augmentation in testing", False, present("test_dataloader", "TestTimeAug"), "paper"),
    )


_PRETRAINED = Line("starts from a checkpoint", True, has_pretrained, "paper")

RECIPES: dict[str, tuple[Line, ...]] = {
    "detection": (
        Line("framework", "FasterRCNN", at("model.type"), "paper"),
        _PRETRAINED,
        Line("categories", 1203, at("model.roi_head.bbox_head.num_classes"), "paper"),
        Line("window", 7, at("model.backbone.window_size"), "paper"),
        Line("epochs", 24, at("train_cfg.max_epochs"), "paper"),
        Line("shorter side in training", (480, 800), shorter_sides, "paper"),
        Line("longer side in training", 1333, longer_side, "public"),
        *_tests((1333, 800)),
        *_optimizer(1e-4, 0.05),
        Line("batch", 16, global_batch, "public"),
        Line("drops after epochs", [16, 22], schedule("MultiStepLR", "milestones"), "public"),
        Line(
            "repeat-factor threshold", 1e-3, at("train_dataloader.dataset.oversample_thr"), "public"
        ),
        Line("score threshold", 1e-4, at("model.test_cfg.rcnn.score_thr"), "public"),
        Line("boxes an image", 300, at("model.test_cfg.rcnn.max_per_img"), "public"),
        Line("metric", "iclip.LVISBoxMetric", at("test_evaluator.type"), "paper"),
    ),
    "segmentation": (
        Line("framework", "MaskFormerHead", at("model.decode_head.type"), "paper"),
        _PRETRAINED,
        Line("classes", 150, at("model.decode_head.num_classes"), "public"),
        Line("window", 7, at("model.backbone.window_size"), "paper"),
        Line("iterations", 160_000, at("train_cfg.max_iters"), "public"),
        Line("crop (Swin-B)", [640, 640], crop, "public"),
        Line(
            "scales of the crop",
            (0.5, 2.0),
            transform("train_dataloader", "RandomResize", "ratio_range"),
            "public",
        ),
        *_tests((2560, 640)),
        *_optimizer(6e-5, 0.01),
        Line("batch", 16, global_batch, "public"),
        Line("warm-up iterations", 1500, schedule("LinearLR", "end"), "public"),
        Line("poly power", 0.9, schedule("PolyLR", "power"), "public"),
        Line("gradient clip", 0.01, at("optim_wrapper.clip_grad.max_norm"), "public"),
        Line("drop path", 0.3, at("model.backbone.drop_path_rate"), "public"),
        Line("queries", 100, at("model.decode_head.num_queries"), "public"),
        Line("decoder layers", 6, at("model.decode_head.transformer_decoder.num_layers"), "public"),
        Line("metric", ["mIoU"], at("test_evaluator.iou_metrics"), "paper"),
    ),
    "video": (
        Line("framework", "iclip.VideoSwinBackbone", at("model.backbone.type"), "paper"),
        _PRETRAINED,
        Line("classes", 400, at("model.cls_head.num_classes"), "paper"),
        Line("window", (8, 7, 7), at("model.backbone.window_size"), "public"),
        Line("patch", (2, 4, 4), at("model.backbone.patch_size"), "public"),
        Line("epochs", 30, at("train_cfg.max_epochs"), "paper"),
        Line(
            "frames a clip", 32, transform("train_dataloader", "SampleFrames", "clip_len"), "public"
        ),
        Line(
            "stride of frames",
            2,
            transform("train_dataloader", "SampleFrames", "frame_interval"),
            "public",
        ),
        Line("test clips", 4, transform("test_dataloader", "SampleFrames", "num_clips"), "public"),
        Line("three test crops", True, present("test_dataloader", "ThreeCrop"), "public"),
        *_optimizer(3e-4, 0.05),
        Line(
            "backbone's rate",
            0.1,
            at("optim_wrapper.paramwise_cfg.backbone.lr_mult"),
            "public",
        ),
        Line("batch", 64, global_batch, "public"),
        Line("drop path", 0.2, at("model.backbone.drop_path_rate"), "public"),
        Line("head dropout", 0.5, at("model.cls_head.dropout_ratio"), "public"),
    ),
}
