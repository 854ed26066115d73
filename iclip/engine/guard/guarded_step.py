"""A step whose losses and gradients are looked at before the optimizer changes anything.

The gradient's norm, which clipping needs anyway, says whether a gradient is not finite; it comes to
the CPU together with the losses and with what the ranks agree about (`StepFlags`). So a GPU is
waited for as often as without this check: once, where mmengine reads the norm for the log.
"""

import math
from collections.abc import Iterable
from functools import wraps
from typing import Any

import torch
from mmengine.hooks import EMAHook, Hook
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from torch import Tensor, nn
from torch.nn.utils import clip_grad_value_, clip_grads_with_norm_, get_total_norm

from iclip.distributed import gather_objects
from iclip.engine.guard.numeric_faults import (
    faults_by_rank,
    faulty_gradients,
    faulty_losses,
    refused_numbers,
    with_gradient,
)
from iclip.engine.step_flags import NOT_FINITE, StepFlags


class GuardedStep:
    """Keeps weights, optimizer, buffers and averages as they are if a number is not finite.

    A skipped step calls neither the clipping nor the optimizer. Its gradients are dropped, and what
    the forward pass wrote into buffers, such as batch norm's statistics, is undone. Where gradients
    are accumulated over iterations, the step that a faulty iteration belongs to is skipped. A step
    that a gradient scaler (float16) leaves out while it looks for its scale does not count.

    Args:
        model: The model without a wrapper.
        optim_wrapper: Clips and steps.
        flags: The run's, exchanged in each iteration.

    Attributes:
        losses: The iteration's losses by name, once they are known.
        is_faulty: Whether a number of this iteration is not finite, on any rank.
        faults: What is not finite then, and on which ranks.
        has_stepped: Whether the optimizer has stepped in this iteration.
        features: The backbone's output in this iteration. Keeping it costs little memory, since
            autograd keeps it until the backward pass anyway.
        refused: What a library has refused in this iteration, see :meth:`go_on_after_refusals`.
    """

    def __init__(self, model: nn.Module, optim_wrapper: OptimWrapper, flags: StepFlags) -> None:
        self.model, self.optim_wrapper, self.flags = model, optim_wrapper, flags
        self.features: Any = None
        # The step that the iterations accumulate for has a faulty one.
        self._spoiled = False
        # What a forward pass may change besides parameters' gradients: statistics and counters.
        # Tables of integers are constants.
        self._buffers = [
            b.detach() for b in model.buffers() if b.is_floating_point() or not b.dim()
        ]
        self._values_before = [buffer.clone() for buffer in self._buffers]
        model.register_forward_hook(self._keep_losses)
        backbone = getattr(model, "backbone", None)
        if isinstance(backbone, nn.Module):
            backbone.register_forward_hook(self._keep_features)
        self._stand_before_the_step()
        self.begin(0)

    def begin(self, iteration: int) -> None:
        """Note what the iteration may change."""
        self.iteration = iteration
        self.losses: dict[str, float] = {}
        self.faults = ""
        self.refused: list[str] = []
        self.is_faulty = self.has_stepped = self._is_checked = False
        self._loss_tensors: dict[str, Tensor] = {}
        if self._buffers:
            torch._foreach_copy_(self._values_before, self._buffers)

    def finish(self) -> None:
        """End the iteration; one that is faulty leaves nothing behind."""
        if not self._is_checked:  # no step: the iteration accumulates, or a scaler leaves it out
            self._check()
        self.features = None
        if self.is_faulty:
            self.optim_wrapper.zero_grad()
            if self._buffers:
                torch._foreach_copy_(self._buffers, self._values_before)
        self._spoiled = (self._spoiled or self.is_faulty) and not self.optim_wrapper.should_update()

    def pause_averages(self, hooks: Iterable[Hook]) -> None:
        """Let averages of the weights (EMA) leave out the iterations that are faulty."""
        for hook in hooks:
            if isinstance(hook, EMAHook):
                hook.after_train_iter = self._unless_faulty(hook.after_train_iter)

    def go_on_after_refusals(self) -> None:
        """Take an error of a library that refuses numbers for a loss that is not finite.

        For one process: on several ranks, the others would wait in an exchange of the forward pass
        that this one never reaches.
        """
        plain = self.model.forward

        @wraps(plain)
        def forward(*args: Any, **kwargs: Any) -> Any:
            try:
                return plain(*args, **kwargs)
            except Exception as error:
                self.refused = refused_numbers(error, self.features)
                if not self.refused or kwargs.get("mode") != "loss":
                    raise
            # Every parameter has a part in it, as in a loss.
            trained = [p.sum() for p in self.model.parameters() if p.requires_grad]
            return {"loss_refused": math.nan * torch.stack(trained).sum()}

        self.model.forward = forward

    def _stand_before_the_step(self) -> None:
        """Replace the optimizer's step and the clipping before it, which hides what is infinite."""
        wrapper, optimizer = self.optim_wrapper, self.optim_wrapper.optimizer
        # A scaler's gradients are expected to overflow now and then: it looks at them itself.
        if wrapper.clip_grad_kwargs and not isinstance(wrapper, AmpOptimWrapper):
            by_norm = wrapper.grad_name == "grad_norm"
            wrapper.clip_func = self._clip_norm if by_norm else self._clip_values
        plain = optimizer.step

        @wraps(plain)  # mmengine's schedulers look for a mark that they have left on it
        def step(*args: Any, **kwargs: Any) -> Any:
            if not self._is_checked:
                # A scaler sets `found_inf`, and calls a fused optimizer even for a skipped step.
                scaled = getattr(optimizer, "found_inf", None) is not None
                self._check_gradients([] if scaled else with_gradient(optimizer))
            if self.is_faulty or self._spoiled:
                return None
            self.has_stepped = True
            return plain(*args, **kwargs)

        optimizer.step = step

    def _clip_norm(
        self,
        parameters: list[nn.Parameter],
        max_norm: float,
        norm_type: float = 2.0,
        error_if_nonfinite: bool = False,
        foreach: bool | None = None,
    ) -> float | None:
        """Clip as torch's ``clip_grad_norm_`` does, unless the step is to be skipped.

        Returns:
            The norm for the log, as a number; None for a skipped step.
        """
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        norm = get_total_norm(gradients, norm_type, foreach=foreach)
        number = self._check(norm)
        if self.is_faulty:
            return None
        clip_grads_with_norm_(parameters, max_norm, norm, foreach)
        return number

    def _clip_values(self, parameters: list[nn.Parameter], **settings: Any) -> None:
        """Clip as torch's ``clip_grad_value_`` does, unless the step is to be skipped."""
        self._check_gradients(parameters)
        if not self.is_faulty:
            clip_grad_value_(parameters, **settings)

    def _check_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Check the losses and the gradients, of which nothing else makes a norm."""
        gradients = [p.grad for p in parameters if p.grad is not None]
        # The largest magnitude, which is not finite if any gradient is not.
        self._check(*([get_total_norm(gradients, torch.inf)] if gradients else []))

    def _check(self, *norms: Tensor) -> float | None:
        """Read the losses and a norm, and agree with all ranks on whether they are finite.

        Returns:
            The norm, if there is one.
        """
        values = [*self._loss_tensors.values(), *norms]
        read = self.flags.exchange(self.iteration, values)
        self.losses = dict(zip(self._loss_tensors, read, strict=False))
        self.is_faulty = self.flags.is_agreed(NOT_FINITE)
        self._is_checked = True
        if self.is_faulty:
            self.faults = self._name_faults()
        return read[-1] if norms else None

    def _name_faults(self) -> str:
        """Say what is not finite on which rank: losses, or gradients if all losses are finite."""
        everyone = gather_objects(self.refused or faulty_losses(self.losses))
        if not any(everyone):
            everyone = gather_objects(faulty_gradients(self.model, self.optim_wrapper.optimizer))
        return faults_by_rank(everyone)

    def _keep_losses(self, module: nn.Module, inputs: Any, outputs: Any) -> None:
        if isinstance(outputs, dict):
            self._loss_tensors = {
                name: _mean(value) for name, value in outputs.items() if "loss" in name
            }

    def _keep_features(self, module: nn.Module, inputs: Any, outputs: Any) -> None:
        if module.training:
            self.features = outputs

    def _unless_faulty(self, method: Any) -> Any:
        @wraps(method)
        def call(*args: Any, **kwargs: Any) -> None:
            if not self.is_faulty:
                method(*args, **kwargs)

        return call


def _mean(value: Any) -> Tensor:
    """Reduce a loss as mmengine does: a tensor to its mean, a list to the sum of the means."""
    if isinstance(value, Tensor):
        return value.detach().mean()
    return torch.stack([part.detach().mean() for part in value]).sum()
