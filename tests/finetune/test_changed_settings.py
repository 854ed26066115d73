"""What --cfg-options changes stands in the written config, and means what mmengine makes of it."""

from pathlib import Path
from typing import Any

import pytest

from iclip.engine.start.config_options import merge_options
from iclip.finetune.changed_settings import lacking_changes
from iclip.finetune.tasks import task_named
from tests.support.own_choice import choice_for, micro_backbone, own_data
from tests.support.written_run import written

# Of settings that the config has, that only the recipe has, in lists of either, and new ones.
SETTINGS: dict[str, dict[str, Any]] = {
    "detection": {
        "optim_wrapper.optimizer.lr": 1e-5,
        "optim_wrapper.clip_grad.max_norm": float("inf"),
        "model.roi_head.bbox_head.loss_cls.loss_weight": 0.5,
        "train_dataloader.dataset.pipeline.0.to_float32": True,
        "train_dataloader.num_workers": 1,
        "param_scheduler.0.begin": 3,
        "custom_hooks.0.priority": "LOW",
        "default_hooks.checkpoint.max_keep_ckpts": 7,
        "log_level": "DEBUG",
    },
    "segmentation": {
        "test_dataloader.dataset.pipeline.0.backend_args": None,
        "model.decode_head.num_queries": 9,
        "test_dataloader.batch_size": 3,
        "train_cfg.max_iters": 5,
    },
    "video": {
        "train_pipeline.1.frame_interval": 4,
        "val_dataloader.dataset.pipeline.1.num_clips": 2,
        "model.data_preprocessor.mean": [1.0, 2, 3],
    },
    "classification": {
        "model.mixing.mixup_alpha": 0.8,
        "global_batch_size": 6,
        "custom_hooks.0.k": 'a "b"',
        "val_dataloader.dataset.image_transform.size": 96,
    },
}


@pytest.mark.parametrize("task", SETTINGS)
def test_config_with_them_is_the_config_changed_by_them(task: str, tmp_path: Path):
    swin = micro_backbone() if task == "detection" else None
    choice = choice_for(task_named(task).recipe, own_data(task), swin)
    expected = written(tmp_path, choice)
    merge_options(expected, SETTINGS[task])
    changed = written(tmp_path, choice, SETTINGS[task]).to_dict()
    assert changed == expected.to_dict()


def test_they_stand_at_the_end_under_a_comment(tmp_path: Path):
    choice = choice_for(task_named("video").recipe, own_data("video"))
    written(tmp_path, choice, {"train_cfg.max_epochs": 2, "default_hooks.logger.interval": 1})
    text = (tmp_path / "config.py").read_text()
    assert text.partition("# Changed by --cfg-options.\n")[2].splitlines() == [
        "train_cfg = with_changes(train_cfg, dict(max_epochs=2))",
        'default_hooks = with_changes(default_hooks, {"logger.interval": 1})',
    ]
    assert "from iclip.config_functions import with_changes\n" in text


def test_changes_that_a_config_does_not_have_are_named(tmp_path: Path):
    choice = choice_for(task_named("video").recipe, own_data("video"))
    options = {"train_cfg.max_epochs": 2, "train_dataloader": dict(num_workers=1, drop_last=True)}
    assert lacking_changes(written(tmp_path, choice, options), options) == []
    edited = written(tmp_path, choice, {"train_cfg.max_epochs": 3})
    lost = ["train_cfg.max_epochs", "train_dataloader.num_workers", "train_dataloader.drop_last"]
    assert lacking_changes(edited, options) == lost
