"""Before it predicts, each rank gets rank 0's buffers; training keeps its own."""

from types import SimpleNamespace
from typing import Any

import pytest
from mmengine.config import Config
from torch import nn

from iclip.engine.hooks import ShareBuffers, share_buffers


def test_buffers_are_shared_before_a_validation_and_a_test(monkeypatch: pytest.MonkeyPatch):
    shared: list[nn.Module] = []
    monkeypatch.setattr(share_buffers, "share_buffers", shared.append)
    runner: Any = SimpleNamespace(model=nn.BatchNorm2d(3))
    hook = ShareBuffers()
    hook.before_train_epoch(runner)
    hook.before_train_iter(runner, 0)
    assert shared == []
    hook.before_val_epoch(runner)
    hook.before_test_epoch(runner)
    assert shared == [runner.model, runner.model]


def test_transfers_have_it(repo_root: Any):
    cfg = Config.fromfile(repo_root / "downstream/_base_/runtime.py", import_custom_modules=False)
    assert dict(type="iclip.ShareBuffers") in cfg.custom_hooks
