"""A training whose losses or gradients are not finite stops before its weights are lost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor, nn
from torch.optim import Optimizer

from iclip.distributed import gather_objects, max_over_ranks
from iclip.engine.checkpoint_files import latest_checkpoint
from iclip.engine.unwrap_model import unwrap
from iclip.messages import counted, listing
from iclip.registry import HOOKS

# How many parameters a message names.
MAX_LISTED = 3


@HOOKS.register_module()
class StopWhenNotFinite(Hook):
    """Stop all ranks when a loss or a gradient is NaN or infinite on one of them.

    The check comes before the optimizer's step: the weights stay those of the iteration before, and
    neither they nor a checkpoint ever hold a value that is not finite. A step that a gradient
    scaler (float16) skips while it looks for its scale does not stop the run; a loss does.
    """

    # The check comes before EMA averages the weights and before a checkpoint stores them.
    priority = "VERY_HIGH"

    def __init__(self) -> None:
        self.losses: dict[str, Tensor] = {}
        # Whether the current losses have been checked.
        self.checked = True
        # The backbone's output in this iteration. Keeping it costs little memory, since autograd
        # keeps it until the backward pass anyway.
        self.features: Any = None

    def before_train(self, runner: Runner) -> None:
        """Watch the model's losses, the backbone's features and the optimizer's steps."""
        self.runner = runner
        model = unwrap(runner.model)
        model.register_forward_hook(self._keep_losses)
        if isinstance(getattr(model, "backbone", None), nn.Module):
            model.backbone.register_forward_hook(self._keep_features)
        runner.optim_wrapper.optimizer.register_step_pre_hook(self._before_step)

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Check the losses of an iteration without a step (accumulation, or a scaler's skip)."""
        if not self.checked:
            self._check(None)
        self.features = None

    def _keep_losses(self, module: nn.Module, inputs: Any, outputs: Any) -> None:
        if isinstance(outputs, dict):
            self.losses = {key: _mean(value) for key, value in outputs.items() if "loss" in key}
            self.checked = False

    def _keep_features(self, module: nn.Module, inputs: Any, outputs: Any) -> None:
        if module.training:
            self.features = outputs

    def _before_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        # A gradient scaler sets `found_inf`, and calls a fused optimizer even for a skipped step.
        self._check(None if getattr(optimizer, "found_inf", None) is not None else optimizer)

    def _check(self, optimizer: Optimizer | None) -> None:
        """Raise an error on all ranks if a value is not finite on one of them.

        Args:
            optimizer: Its gradients are checked as well; None checks the losses only.
        """
        values = list(self.losses.values())
        gradients = [] if optimizer is None else [p.grad for p in _with_gradient(optimizer)]
        if gradients:
            # The largest magnitude: one number, which is not finite if any gradient is not.
            values.append(torch.nn.utils.get_total_norm(gradients, norm_type=torch.inf))
        if not values:
            return
        finite = torch.stack([value.float() for value in values]).isfinite()
        if bool(max_over_ranks((~finite.all()).int())):
            raise ValueError(self.message(self._faults(optimizer)))
        self.checked = True

    def _faults(self, optimizer: Optimizer | None) -> list[list[str]]:
        """Say per rank what is not finite: losses, or gradients if all losses are finite."""
        losses = [
            f"{name} is {value.item()}"
            for name, value in self.losses.items()
            if not value.isfinite()
        ]
        everyone = gather_objects(losses)
        if not any(everyone):
            assert optimizer is not None
            everyone = gather_objects(self._faulty_gradients(optimizer))
        return everyone

    def _faulty_gradients(self, optimizer: Optimizer) -> list[str]:
        parameters = list(_with_gradient(optimizer))
        faulty = {id(p) for p in parameters if not p.grad.isfinite().all()}
        named = unwrap(self.runner.model).named_parameters()
        names = [name for name, parameter in named if id(parameter) in faulty]
        count = f"{len(faulty):,} of {counted(len(parameters), 'parameter')}"
        return [f"the gradient of {count} is not finite ({listing(names, MAX_LISTED)})"]

    def message(self, everyone: list[list[str]]) -> str:
        """Say what is not finite on which rank, which checkpoint is left, and what to try."""
        ranks: dict[str, list[str]] = {}
        for rank, faults in enumerate(everyone):
            for fault in faults:
                ranks.setdefault(fault, []).append(str(rank))
        parts = [
            fault + (f" on rank {listing(places)}" if len(places) < len(everyone) else "")
            for fault, places in ranks.items()
        ]
        return (
            f"Training stops at iteration {self.runner.iter + 1:,} of {self.runner.max_iters:,}: "
            f"{'; '.join(parts)}. Its weights were not changed and not saved; "
            f"{_survivor(Path(self.runner.work_dir))}. Usual causes: a learning rate that "
            "is too high (optim_wrapper.optimizer.lr) or rises too fast (param_scheduler), "
            "gradients that are not clipped (optim_wrapper.clip_grad), damaged data, or a low "
            "precision (optim_wrapper.precision='fp32' avoids it)"
        )


def _mean(value: Any) -> Tensor:
    """Reduce a loss as mmengine does: a tensor to its mean, a list to the sum of the means."""
    if isinstance(value, Tensor):
        return value.detach().mean()
    return torch.stack([part.detach().mean() for part in value]).sum()


def _with_gradient(optimizer: Optimizer) -> Iterator[Any]:
    for group in optimizer.param_groups:
        yield from (parameter for parameter in group["params"] if parameter.grad is not None)


def _survivor(work_dir: Path) -> str:
    latest = latest_checkpoint(work_dir)
    if latest is None:
        return "no checkpoint was saved before"
    return f"the last checkpoint is {latest.parent / latest.resolve().name}"
