"""The recipe of pre-training as a table: what a run of the paper's protocol may still differ in."""

from collections.abc import Sequence

from iclip.report.run import Run
from iclip.report.transfer_recipes import CheckedSetting, RecipeSetting, check_settings
from iclip.settings import get_setting
from iclip.tasks import PRE_TRAINING

_SIZE = "train_dataloader.dataset.{}.image_transform.size"


def check_pretraining(run: Run) -> list[CheckedSetting]:
    """Hold a run of pre-training against the recipe of its size; empty for other tasks.

    Method, data, ratio and number of samples belong to the protocol
    (:mod:`iclip.report.paper_protocol`), not to the recipe.
    """
    if run.task != PRE_TRAINING:
        return []
    is_tiny = get_setting(run.config, "model.backbone.arch") == "tiny"
    return check_settings(run.config, _recipe(is_tiny))


def _recipe(is_tiny: bool) -> Sequence[RecipeSetting]:
    """Return the settings of configs/_base_, whose files say where each is from."""
    origin = "public" if is_tiny else "recalled"
    batch, lr, decay = (4_160, 5e-4, 0.1) if is_tiny else (12_288, 1e-3, 0.05)
    rows = (
        ("global batch", batch, "global_batch_size", "recalled"),
        ("image size of labelled images", 224, _SIZE.format("labelled"), "doubt"),
        ("image size of pairs", 224, _SIZE.format("pairs"), "doubt"),
        ("optimizer", "AdamW", "optim_wrapper.optimizer.type", origin),
        ("learning rate", lr, "optim_wrapper.optimizer.lr", origin),
        ("weight decay", decay, "optim_wrapper.optimizer.weight_decay", origin),
        ("gradient clip", 5.0, "optim_wrapper.clip_grad.max_norm", origin),
        ("drop path", 0.2, "model.backbone.drop_path_rate", origin),
        ("templates", "openai_imagenet", "model.class_prompts.templates", "doubt"),
    )
    return [RecipeSetting(*row) for row in rows]
