"""What a checkpoint says of its run."""

from typing import Any

import pytest
import torch
from mmengine.config import Config
from torch import nn

from iclip import __version__
from iclip.engine.saving.checkpoint_meta import describe_run, image_size
from iclip.text.class_texts import ClassText
from tests.support.fake_runner import fake_runner

RESIZED = dict(type="ResizeCenterCrop", size=224, resize=256)
PLAIN = dict(type="iclip.ResizeCenterCrop", size=64)
CROPPED = dict(type="RandomResizedCrop", size=112)


def meta(**parts: Any) -> dict[str, Any]:
    return describe_run(fake_runner(**{"model": nn.Linear(1, 1), **parts}))


def test_versions_and_ranks_are_those_of_this_process():
    described = meta()
    assert (described["iclip_version"], described["world_size"]) == (__version__, 1)
    assert described["versions"]["torch"] == torch.__version__
    assert {"numpy", "mmengine", "timm"} <= described["versions"].keys()


def test_model_is_described_by_plain_values():
    model = dict(type="ICLIP", width=(1, 2.5), parts=[None, True], dtype=torch.float16)
    assert meta(cfg=Config(dict(model=model)))["model"] == {**model, "dtype": "torch.float16"}


def test_class_texts_are_kept():
    model = nn.Linear(1, 1)
    model.class_texts = [ClassText("n2", ("word2", "word"), "a word")]
    entry = {"id": "n2", "names": ["word2", "word"], "description": "a word"}
    assert meta(model=model)["class_texts"] == [entry]


def test_model_without_class_texts_has_no_such_entry():
    assert "class_texts" not in meta()


def loader(transform: dict[str, Any]) -> dict[str, Any]:
    return dict(dataset=dict(type="MixedSources", pairs=dict(image_transform=transform)))


@pytest.mark.parametrize(
    ("cfg", "size", "resize"),
    [
        (dict(val_dataloader=[loader(RESIZED)], train_dataloader=loader(CROPPED)), 224, 256),
        (dict(val_dataloader=None, train_dataloader=loader(CROPPED)), 112, None),
        (dict(val_dataloader=loader(PLAIN)), 64, 64),
        ({}, None, None),
    ],
    ids=["validation", "training", "no margin", "no transform"],
)
def test_image_size_is_the_validation_s_or_else_the_training_s(
    cfg: dict[str, Any], size: int | None, resize: int | None
):
    assert (image_size(cfg), image_size(cfg, "resize")) == (size, resize)
