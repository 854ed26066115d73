"""What --cfg-options may change, and what it says of the rest."""

from typing import Any

import pytest
from mmengine.config import Config

from iclip.engine.run_log import EarlyMessages
from iclip.engine.start.config_options import merge_options
from iclip.settings import get_setting, has_setting


@pytest.fixture
def cfg() -> Config:
    return Config(
        dict(
            train_cfg=dict(type="ResumableTrainLoop", max_iters=1000, val_interval=500),
            model=dict(type="ICLIP", backbone=dict(drop_rate=0.0, checkpoint=None)),
            param_scheduler=[dict(type="LinearLR", end=50), dict(type="CosineAnnealingLR")],
            optim_wrapper=dict(optimizer=dict(lr=1e-3, betas=(0.9, 0.98))),
            resume=False,
            load_from=None,
        )
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("train_cfg.max_iters", 5),
        ("optim_wrapper.optimizer.lr", 1),
        ("param_scheduler.0.end", 2),
        ("model.backbone.checkpoint", "swin.pth"),
        ("load_from", "a.pth"),
        ("resume", True),
        ("model.backbone", None),
        ("optim_wrapper.optimizer.betas", (0.8, 0.9)),
    ],
)
def test_setting_of_the_config_is_changed(key: str, value: Any, cfg: Config) -> None:
    merge_options(cfg, {key: value})
    assert get_setting(cfg, key) == value


@pytest.mark.parametrize(
    "key",
    [
        "train_cfg.val_begin",
        "model.backbone.drop_path_rate",
        "model.backbone.with_cp",
        "auto_scale_lr.enable",
        "compile",
        "param_scheduler.1.eta_min",
    ],
)
def test_new_setting_is_merged_and_said(key: str, cfg: Config) -> None:
    messages = EarlyMessages()
    merge_options(cfg, {key: 1})
    assert has_setting(cfg, key)
    expected = f"INFO - --cfg-options {key} is new: the config has no such setting"
    assert messages.lines == [expected]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("train_cfg.max_itrs", 5, "train_cfg has no max_itrs; is train_cfg.max_iters meant?"),
        ("optim_wrapper.optimizer.beta", 1, "is optim_wrapper.optimizer.betas meant?"),
        ("optim_wrapper.optimiser.lr", 1, "is optim_wrapper.optimizer.lr meant?"),
        ("trian_cfg.max_iters", 5, "the config has no trian_cfg; is train_cfg.max_iters meant?"),
        ("reusme", True, "the config has no reusme; is resume meant?"),
        ("lr", 1, "nothing reads lr; there are "),
        ("param_scheduler.5.end", 1, "param_scheduler is a list, whose entries are 0 to 1"),
        ("param_scheduler.end", 1, "param_scheduler is a list, whose entries are 0 to 1"),
        ("train_cfg.max_iters.x", 1, "train_cfg.max_iters is 1000, which holds no settings"),
        ("train_cfg.max_iters", "1O0", "train_cfg.max_iters=1O0 is text; it takes a number, such"),
        ("resume", "yes", "resume=yes is text; it takes True or False, such as the config's False"),
        ("train_cfg", 100, "train_cfg holds type, max_iters, val_interval. Set one of them, such"),
    ],
)
def test_option_that_cannot_be_meant(key: str, value: Any, message: str, cfg: Config) -> None:
    before = cfg.to_dict()
    with pytest.raises(ValueError) as error:
        merge_options(cfg, {key: value})
    assert str(error.value).startswith(f"--cfg-options {key}")
    assert message in str(error.value)
    assert cfg.to_dict() == before
