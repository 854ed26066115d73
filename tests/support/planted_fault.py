"""A method with a module whose output or gradient is not finite, and its kept step."""

import math
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.optim import OptimWrapper
from torch import Tensor, nn

from iclip.engine.hooks import GuardNumbers
from iclip.models.step import train_step
from iclip.registry import MODELS
from iclip.text.class_texts import ClassText, ClassTexts, write_class_texts
from tests.support.fake_runner import fake_runner

NUM_CLASSES, IMAGE_SIZE, CONTEXT_LENGTH = 3, 4, 8


class NoSlope(torch.autograd.Function):
    """The same values, with a gradient that is NaN."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return values.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        return grads[0] * math.nan


class Planted(nn.Module):
    """Passes values on, but for its fault, which shows in batches whose first pixel is 255."""

    def __init__(self, fault: str) -> None:
        super().__init__()
        self.fault = fault

    def forward(self, values: Tensor, is_marked: bool) -> Tensor:
        if is_marked and self.fault == "output":
            return values / 0
        return NoSlope.apply(values) if is_marked and self.fault == "gradient" else values


@MODELS.register_module(force=True)
class PlantedBackbone(nn.Module):
    """Two layers with the planted module in between; ``fault`` 'code' is outside of modules."""

    num_features = 6

    def __init__(self, fault: str) -> None:
        super().__init__()
        self.fault = fault
        self.first = nn.Linear(3 * IMAGE_SIZE**2, 6)
        self.middle = nn.ModuleDict({"planted": Planted(fault)})
        self.last = nn.Linear(6, 6)

    def forward_pooled(self, inputs: Tensor) -> Tensor:
        is_marked = bool(inputs[0, 0, 0, 0] == 255)
        values = self.middle["planted"](self.first(inputs.flatten(1)), is_marked)
        if is_marked and self.fault == "code":
            values = values + math.inf
        return self.last(values).tanh()


def planted_config(folder: Path, fault: str) -> Config:
    texts = ClassTexts([ClassText(f"n{i}", (letter * 2,), "") for i, letter in enumerate("abc")])
    write_class_texts(folder / "class_texts.jsonl", texts)
    (folder / "bpe.json").write_text(str([*range(600), 49406, 49407]))
    return Config(
        dict(
            model=dict(
                type="ICLIP",
                backbone=dict(type="PlantedBackbone", fault=fault),
                text_encoder=dict(
                    type="TextTransformer", context_length=CONTEXT_LENGTH, width=16, heads=2,
                    layers=1, vocabulary=str(folder / "bpe.json"),
                ),
                class_prompts=dict(
                    class_texts=str(folder / "class_texts.jsonl"),
                    tokenizer=dict(type="CLIPTokenizer", context_length=CONTEXT_LENGTH),
                    templates=["{}", "x {}"],
                ),
                embed_dim=8,
                data_preprocessor=dict(type="BatchPreprocessor", mean=[0.0] * 3, std=[1.0] * 3),
            ),
            optim_wrapper=dict(type="PrecisionOptimWrapper", precision="fp32"),
        )
    )  # fmt: skip


def planted_batch(is_marked: bool = True) -> dict[str, Any]:
    """Two labelled images and two pairs."""
    torch.manual_seed(3)
    inputs = torch.randint(0, 200, (4, 3, IMAGE_SIZE, IMAGE_SIZE), dtype=torch.uint8)
    inputs[0, 0, 0, 0] = 255 if is_marked else 0
    ids = torch.randint(300, 400, (2, CONTEXT_LENGTH))
    ids[:, 0], ids[:, -1] = 49406, 49407
    return dict(inputs=inputs, gt_labels=torch.tensor([0, 2]), token_ids=ids)


def keep_planted_step(
    folder: Path, fault: str, micro_batches: list[dict[str, Any]] | None = None
) -> Path:
    """Take a finite step and one with the fault, as a run does; return the file that is kept."""
    cfg = planted_config(folder, fault)
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    hook = GuardNumbers()
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1), clip_grad={"max_norm": 1.0})
    runner = fake_runner(
        model=model, optim_wrapper=wrapper, hooks=[hook], work_dir=str(folder), cfg=cfg, seed=7,
        train_loop=None,
    )  # fmt: skip
    hook.before_train(runner)
    for batches in ([planted_batch(False)], micro_batches or [planted_batch()]):
        hook.before_train_iter(runner, runner.iter)
        model.set_seed(runner.seed)
        model.set_iteration(runner.iter)
        outputs = train_step(model, batches, wrapper)
        shown = batches if len(batches) > 1 else batches[0]
        hook.after_train_iter(runner, runner.iter, data_batch=shown, outputs=outputs)
        runner.iter += 1
    for file in folder.glob("*.json*"):
        file.unlink()  # another machine does not have the training's files
    return folder / "not_finite" / "iter_2_rank_0.pth"
