"""A model whose losses and gradients are not finite when a test says so, and its iterations."""

import math
from pathlib import Path
from typing import Any

import torch
from mmengine.hooks import EMAHook
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper
from torch import Tensor, nn

from iclip.engine.hooks import GuardNumbers
from tests.support.fake_runner import fake_runner


class FaultyGradient(torch.autograd.Function):
    """The value 0, with a gradient of its own."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, gradient: float) -> Tensor:
        ctx.gradient = gradient
        return 0 * values.sum()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        return torch.full((3,), ctx.gradient), None


class Faulty(BaseModel):
    """Two losses whose faults the test decides about, and a batch norm that sees the inputs.

    Attributes:
        extra: Added to a loss.
        gradient: Of one parameter, besides its true one.
        error: Raised after the forward pass.
    """

    def __init__(self) -> None:
        super().__init__()
        self.good, self.bad = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))
        self.norm = nn.BatchNorm1d(3)
        self.extra: Any = 0.0
        self.gradient = 0.0
        self.error: Exception | None = None

    def forward(self, inputs: Tensor, mode: str) -> Any:
        loss = self.bad.square().sum() + FaultyGradient.apply(self.bad, self.gradient)
        features = self.norm(inputs)
        if self.error is not None:
            raise self.error
        return dict(
            loss_cls=self.good.sum() + features.square().sum(),
            loss_con=[loss, loss + self.extra],
            accuracy=torch.tensor(math.nan),
        )


class WithScaler(OptimWrapper):
    """As mmengine's AmpOptimWrapper, which needs a GPU."""

    def __init__(self, optimizer: Any) -> None:
        super().__init__(optimizer)
        self.scaler = torch.amp.GradScaler("cpu", init_scale=8.0)

    def backward(self, loss: Tensor, **_: Any) -> None:
        self.scaler.scale(loss).backward()
        self._inner_count += 1

    def step(self, **_: Any) -> None:
        self.scaler.step(self.optimizer)
        self.scaler.update()


class GuardedRun:
    """Iterations of the faulty model with the hook and an average of the weights."""

    def __init__(
        self,
        folder: Path,
        wrapper: type[OptimWrapper] = OptimWrapper,
        hook: Any = None,
        **options: Any,
    ) -> None:
        torch.manual_seed(0)
        self.model = Faulty()
        self.hook = hook or GuardNumbers(keep_steps=0)
        self.average = EMAHook(momentum=0.5)
        fused, loop = options.pop("fused", None), options.pop("loop", None)
        optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.1, fused=fused)
        self.wrapper = wrapper(optimizer, **options)
        self.runner = fake_runner(
            model=self.model,
            optim_wrapper=self.wrapper,
            work_dir=str(folder),
            hooks=[self.hook, self.average],
            train_loop=loop,
        )
        self.average.before_run(self.runner)
        self.hook.before_train(self.runner)

    def iterate(self, inputs: Tensor | None = None) -> dict[str, Any]:
        """Take an iteration; return what later hooks get of the losses."""
        batch = {"inputs": torch.randn(4, 3) if inputs is None else inputs}
        self.hook.before_train_iter(self.runner, self.runner.iter, batch)
        outputs = self.model.train_step(batch, self.wrapper)
        for hook in self.runner.hooks:
            hook.after_train_iter(self.runner, self.runner.iter, data_batch=batch, outputs=outputs)
        self.runner.iter += 1
        return outputs

    def state(self) -> Any:
        """Everything that a step may change, to the bit."""
        averaged = self.average.ema_model.state_dict()
        return plain([self.model.state_dict(), self.wrapper.state_dict(), averaged])


def plain(node: Any) -> Any:
    """Nested tensors as lists, which compare exactly."""
    if isinstance(node, Tensor):
        return node.tolist()
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items()}
    return [plain(value) for value in node] if isinstance(node, list | tuple) else node
