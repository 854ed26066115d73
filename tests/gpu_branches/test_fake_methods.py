"""One training step of each method, as its config says, on fake CUDA tensors in bfloat16."""

from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import OptimWrapper
from torch import Tensor

from iclip.models import TwoTowers
from iclip.models.step import train_step
from iclip.registry import MODELS
from iclip.text.class_texts import ClassText, ClassTexts
from tests.gpu_branches.fake_cuda import (
    CUDA,
    autocast,
    check_gradients,
    fake_cuda,
    move_to_fake_cuda,
)

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
# Each method, the large setting with RoBERTa, and the convolutional stem of the small models.
NAMES = {
    "supervised": "supervised_swint.py",
    "clip": "clip_swint_pairs100.py",
    "multitask": "multitask_swint.py",
    "unicl": "unicl_swint_full.py",
    "iclip names": "iclip_swint_names.py",
    "iclip": "iclip_swint_full.py",
    "iclip, RoBERTa": "iclip_swinb.py",
    "iclip, micro": "micro/iclip.py",
}
TEXTS = ClassTexts([ClassText(f"n{i}", (f"name {i}",), "a look") for i in range(5)])


def build(config: str) -> TwoTowers:
    """Build the config's model with few classes, without files and without memory for its weights.

    Two stages and two layers each: those behind them repeat the same operators. (The backbones at
    full depth are in test_fake_backbones.py.)
    """
    cfg = Config.fromfile(CONFIGS / config).model
    tokenizer = dict(type="CLIPTokenizer", context_length=48)
    cfg.class_prompts = {**cfg.class_prompts, "class_texts": TEXTS, "tokenizer": tokenizer}
    if isinstance(cfg.backbone.arch, str):
        cfg.backbone.arch = dict(embed_dims=96, depths=(2, 2), num_heads=(3, 6))
    if cfg.text_encoder.type == "RobertaTextEncoder":
        cfg.text_encoder = dict(type="RobertaTextEncoder", num_hidden_layers=2)
    else:
        cfg.text_encoder.layers = 2
    if cfg.text_encoder.get("vocabulary") is not None:
        cfg.text_encoder.vocabulary = [*range(600), 49407]
    with torch.device("meta"):
        model = MODELS.build({**cfg, "type": f"iclip.{cfg.type}"})
    # Outside of the trace: the tokenizer has the values that a trace lacks.
    model.class_prompts.token_ids_at(range(len(TEXTS)), model.iteration)
    return model


def host_batch(method: str, side: int) -> dict[str, Tensor]:
    """Return a batch of the data loader, with two classes twice among the labelled images."""
    labels = [] if method == "CLIP" else [1, 4, 4, 0, 1]
    captions = 0 if method == "Supervised" else 3
    ids = torch.zeros(captions, 48, dtype=torch.int64)
    ids[:, :6] = torch.tensor([49406, 320, 1125, 539, 320, 49407])
    shape = (len(labels) + captions, 3, side, side)
    return dict(
        inputs=torch.zeros(shape, dtype=torch.uint8),
        gt_labels=torch.tensor(labels, dtype=torch.int64),
        token_ids=ids,
    )


def losses(model: TwoTowers, host: dict[str, Tensor]) -> dict[str, Any]:
    batch = model.data_preprocessor(host, training=True)
    assert batch["inputs"].is_cuda
    assert batch["gt_labels"].is_cpu and batch["token_ids"].is_cpu  # the model reads their values
    with autocast():
        return model(**batch, mode="loss")


@pytest.mark.parametrize("config", NAMES.values(), ids=NAMES)
def test_a_step_stays_on_the_gpu(config: str):
    model = build(config)
    host = host_batch(type(model).__name__, 32 if config.startswith("micro") else 224)
    with fake_cuda() as watch:
        move_to_fake_cuda(model)
        check_gradients(model, sum(losses(model, host).values()))
    assert watch.left == [] and watch.on_cpu == []


@pytest.mark.parametrize("config", ["micro/iclip.py", "micro/supervised.py"])
def test_predictions_leave_the_gpu_by_copies_alone(config: str):
    model = build(config)
    batch = host_batch(type(model).__name__, 32)
    batch["inputs"] = batch["inputs"][:5]
    if config == "micro/iclip.py":
        batch["caption_counts"] = torch.tensor([1, 0, 1, 0, 1])
    with fake_cuda() as watch:
        move_to_fake_cuda(model)
        with autocast(), torch.no_grad():
            rows = model(**model.data_preprocessor(batch), mode="predict")
    assert [row["gt_label"] for row in rows] == [1, 4, 4, 0, 1]
    assert all(value.device.type == "cpu" for row in rows for value in row.values()
               if isinstance(value, Tensor))  # fmt: skip
    assert set(watch.left) == {"_to_copy"}


@pytest.mark.parametrize("config", ["supervised_swint.py", "unicl_swint_full.py", "iclip_swinb.py"])
def test_a_step_over_micro_batches_stays_on_the_gpu(config: str):
    model = build(config)
    host = host_batch(type(model).__name__, 224)
    with fake_cuda() as watch:
        move_to_fake_cuda(model)
        wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
        wrapper.step = wrapper.zero_grad = lambda: None
        with autocast():
            train_step(model, [host, host], wrapper)
    assert all(parameter.grad.device == CUDA for parameter in model.parameters())
    assert watch.left == []
    assert set(watch.on_cpu) <= {"cat"}  # the labels of the micro-batches
