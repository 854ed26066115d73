"""Plans are made elsewhere: nothing of this process changes, and errors arrive as they were."""

import os
from typing import Any

import pytest
import torch
from mmengine.config import Config

from iclip.planning import fitting_micro_batch
from iclip.planning.own_process import prepare_process
from iclip.user_errors import is_for_the_user


def config(settings: dict[str, Any]) -> Config:
    return Config(settings, cfg_text="a config of a file that is not there", filename="made.py")


def test_gpus_are_hidden(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setattr("warnings.simplefilter", lambda _: None)
    monkeypatch.setattr("logging.disable", lambda _: None)
    prepare_process()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == ""


def test_an_error_of_the_plan_is_the_users():
    cfg = config(dict(model=dict(type="UnknownModel")))
    before = os.environ.get("CUDA_VISIBLE_DEVICES")
    with pytest.raises(ValueError, match=r"made\.py: a plan knows pre-training") as caught:
        fitting_micro_batch(cfg, 2, 80)
    assert is_for_the_user(caught.value)
    assert os.environ.get("CUDA_VISIBLE_DEVICES") == before and not torch.cuda.is_available()


def test_no_fitting_micro_batch_is_an_error_that_names_the_command(monkeypatch):
    monkeypatch.setattr("iclip.planning.own_process._call", lambda *_: None)
    with pytest.raises(ValueError, match=r"no micro-batch of made\.py fits 2 GiB .*tools/plan.py"):
        fitting_micro_batch(config({}), 8, 2)
