"""Section C's recipes as tables, and each setting of a transfer run beside them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iclip.report.recipe_view import recipe_view
from iclip.report.run import Run
from iclip.settings import get_setting
from iclip.tasks import DETECTION, SEGMENTATION, VIDEO


@dataclass(frozen=True)
class RecipeSetting:
    """One setting of a recipe.

    Attributes:
        what: The setting's name in the field's words.
        wanted: The recipe's value; True and False say whether the key is there at all.
        key: Dotted key in what :func:`iclip.report.recipe_view.recipe_view` returns.
        origin: ``paper`` (Section C), ``public`` (the works that it names), ``choice`` (this
            project's where neither says anything) or ``doubt`` (they disagree, or were not found).
    """

    what: str
    wanted: Any
    key: str
    origin: str


@dataclass(frozen=True)
class CheckedSetting:
    """A setting of a recipe beside that of a run.

    Attributes:
        setting: The recipe's.
        found: What the run has at its key; whether it has the key, where the recipe says that.
        status: ``conforms``, ``differs`` or ``unknown``.
    """

    setting: RecipeSetting
    found: Any
    status: str


def check_recipe(run: Run) -> list[CheckedSetting]:
    """Hold a transfer run against Section C; empty for pre-training."""
    recipe = _RECIPES.get(run.task or "")
    if recipe is None:
        return []
    view = recipe_view(run)
    arch = get_setting(view, "model.backbone.arch")
    return check_settings(view, recipe("tiny" if arch == "tiny" else "base"))


def check_settings(
    view: Mapping[str, Any], recipe: Iterable[RecipeSetting]
) -> list[CheckedSetting]:
    """Compare each setting of a recipe with what a run has at its key.

    Args:
        view: The run's config, or :func:`iclip.report.recipe_view.recipe_view`.
        recipe: The recipe.
    """
    checked = []
    for setting in recipe:
        found = get_setting(view, setting.key)
        # Without the key's section, nobody knows whether the key would be there.
        if (
            isinstance(setting.wanted, bool)
            and get_setting(view, setting.key.split(".")[0]) is not None
        ):
            found = found is not None
        checked.append(CheckedSetting(setting, found, _compare(found, setting.wanted)))
    return checked


def setting_in_words(value: Any) -> str:
    """Write a setting's value for a table."""
    if value is None:
        return "not stated"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " x ".join(setting_in_words(item) for item in value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _compare(found: Any, wanted: Any) -> str:
    if found is None:
        return "unknown"
    return "conforms" if _plain(found) == _plain(wanted) else "differs"


def _plain(value: Any) -> Any:
    """Return tuples as lists: a config may have either."""
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _settings(*rows: tuple[str, Any, str, str]) -> tuple[RecipeSetting, ...]:
    return tuple(RecipeSetting(*row) for row in rows)


# Rows below: what, wanted, key, origin.
_PRETRAINED = ("starts from a checkpoint", True, "model.backbone.checkpoint", "paper")
_WINDOW, _DROP_PATH = "model.backbone.window_size", "model.backbone.drop_path_rate"


def _optimizer(lr: float, decay: float) -> Sequence[tuple[str, Any, str, str]]:
    return (
        ("optimizer", "AdamW", "optim_wrapper.optimizer.type", "public"),
        ("learning rate", lr, "optim_wrapper.optimizer.lr", "public"),
        ("weight decay", decay, "optim_wrapper.optimizer.weight_decay", "public"),
        ("weight decay of norms, factor", 0.0, "norm_decay", "public"),
    )


def _tests(scale: Sequence[int]) -> Sequence[tuple[str, Any, str, str]]:
    return (
        ("test scale", scale, "test_transforms.Resize.scale", "public"),
        ("augmentation in testing", False, "test_transforms.TestTimeAug", "paper"),
    )


def _detection(arch: str) -> tuple[RecipeSetting, ...]:
    drop_path, origin = (0.2, "doubt") if arch == "tiny" else (0.3, "public")
    return _settings(
        ("framework", "FasterRCNN", "model.type", "paper"),
        _PRETRAINED,
        ("categories", 1203, "model.roi_head.bbox_head.num_classes", "paper"),
        ("window", 7, _WINDOW, "paper"),
        ("epochs", 24, "train_cfg.max_epochs", "paper"),
        ("shorter side in training", (480, 800), "shorter_sides", "paper"),
        ("longer side in training", 1333, "longer_side", "public"),
        ("crops in training", False, "train_transforms.RandomCrop", "choice"),
        *_tests((1333, 800)),
        *_optimizer(1e-4, 0.05),
        ("batch", 16, "global_batch", "public"),
        ("drops after epochs", (16, 22), "schedules.MultiStepLR.milestones", "public"),
        ("drop path", drop_path, _DROP_PATH, origin),
        ("repeat-factor threshold", 1e-3, "train_dataloader.dataset.oversample_thr", "public"),
        ("score threshold", 1e-4, "model.test_cfg.rcnn.score_thr", "public"),
        ("boxes per image", 300, "model.test_cfg.rcnn.max_per_img", "public"),
        ("metric", "iclip.LVISBoxMetric", "test_evaluator.type", "paper"),
    )


def _segmentation(arch: str) -> tuple[RecipeSetting, ...]:
    side = 512 if arch == "tiny" else 640
    crop = "train_transforms.RandomCrop"
    head = "model.decode_head"
    return _settings(
        ("framework", "MaskFormerHead", f"{head}.type", "paper"),
        _PRETRAINED,
        ("classes", 150, f"{head}.num_classes", "public"),
        ("window", 7, _WINDOW, "paper"),
        ("iterations", 160_000, "train_cfg.max_iters", "public"),
        (f"crop (Swin-{arch[0].upper()})", (side, side), f"{crop}.crop_size", "public"),
        ("largest share of a class in a crop", 1.0, f"{crop}.cat_max_ratio", "public"),
        ("scales of the crop", (0.5, 2.0), "train_transforms.RandomResize.ratio_range", "public"),
        *_tests((4 * side, side)),
        *_optimizer(6e-5, 0.01),
        ("batch", 16, "global_batch", "public"),
        ("warm-up iterations", 1500, "schedules.LinearLR.end", "public"),
        ("poly power", 0.9, "schedules.PolyLR.power", "public"),
        ("gradient clip", 0.01, "optim_wrapper.clip_grad.max_norm", "public"),
        ("drop path", 0.3, _DROP_PATH, "public"),
        ("queries", 100, f"{head}.num_queries", "public"),
        ("decoder layers", 6, f"{head}.transformer_decoder.num_layers", "public"),
        ("metric", ["mIoU"], "test_evaluator.iou_metrics", "paper"),
    )


def _video(arch: str) -> tuple[RecipeSetting, ...]:
    lr, decay, drop_path = (1e-3, 0.02, 0.1) if arch == "tiny" else (3e-4, 0.05, 0.2)
    frames = "train_transforms.SampleFrames"
    return _settings(
        ("framework", "iclip.VideoSwinBackbone", "model.backbone.type", "paper"),
        _PRETRAINED,
        ("classes", 400, "model.cls_head.num_classes", "paper"),
        ("window", (8, 7, 7), _WINDOW, "public"),
        ("patch", (2, 4, 4), "model.backbone.patch_size", "public"),
        ("epochs", 30, "train_cfg.max_epochs", "paper"),
        ("frames per clip", 32, f"{frames}.clip_len", "public"),
        ("stride of frames", 2, f"{frames}.frame_interval", "public"),
        ("test clips", 4, "test_transforms.SampleFrames.num_clips", "public"),
        ("three test crops", True, "test_transforms.ThreeCrop", "public"),
        *_optimizer(lr, decay),
        ("backbone's rate, factor", 0.1, "optim_wrapper.paramwise_cfg.backbone.lr_mult", "public"),
        ("batch", 64, "global_batch", "doubt"),
        ("drop path", drop_path, _DROP_PATH, "public"),
        ("head dropout", 0.5, "model.cls_head.dropout_ratio", "public"),
    )


# Each takes "base" or "tiny": the public recipes differ by the size of the Swin.
_RECIPES: dict[str, Callable[[str], tuple[RecipeSetting, ...]]] = {
    DETECTION: _detection,
    SEGMENTATION: _segmentation,
    VIDEO: _video,
}
