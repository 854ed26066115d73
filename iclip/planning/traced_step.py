"""One optimizer step of a config's model on a GPU that is not there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from torch import Tensor, nn

from iclip.planning.fake_gpus import distributed, fake_gpus, move_to_fake_gpu
from iclip.planning.ledger import Account, Ledger

PARAMETERS, OPTIMIZER = "parameters", "optimizer state"
BUCKETS, GRADIENTS = "gradient buckets", "gradients"


@dataclass(frozen=True)
class TracedStep:
    """What a step needs of the rank that was traced.

    Attributes:
        account: Memory, operations and traffic.
        state_bytes: Bytes of parameters, buffers and optimizer state, which a checkpoint holds.
    """

    account: Account
    state_bytes: int

    @property
    def peak_gib(self) -> float:
        """The largest sum of the tensors' bytes."""
        return self.account.peak.total() / 2**30

    @property
    def tflop(self) -> float:
        """Operations, in 10^12."""
        return self.account.flops.total() / 1e12


@dataclass(frozen=True)
class Training:
    """A model, prepared for a step.

    Attributes:
        model: The model, among several ranks in mmengine's distributed wrapper.
        optim_wrapper: The config's, whose state exists, as from the second step on.
        ledger: Counts the step.
        state_bytes: As in `TracedStep`.
    """

    model: Any
    optim_wrapper: Any
    ledger: Ledger
    state_bytes: int

    def result(self) -> TracedStep:
        """Return what has been counted."""
        return TracedStep(self.ledger.account, self.state_bytes)


@contextmanager
def traced_training(
    model: nn.Module, cfg: Config, ranks: int, forward: nn.Module | None = None, rank: int = 0
) -> Iterator[Training]:
    """Prepare a model for a step as training does; the block takes the step.

    Args:
        model: Possibly without memory for its weights; it is moved to the fake GPU.
        cfg: Its config.
        ranks: Number of ranks.
        forward: A module around the model that takes its place in the step.
        rank: The rank whose step is traced.
    """
    ledger = Ledger()
    scope = DefaultScope.overwrite_default_scope(cfg.get("default_scope"))
    with scope, fake_gpus(ranks, rank), ledger:
        with ledger.part(PARAMETERS):
            move_to_fake_gpu(model)
        model.train()
        optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper.to_dict())
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        with ledger.part(OPTIMIZER):
            for parameter in trained:
                parameter.grad = torch.zeros_like(parameter)
            optim_wrapper.optimizer.step()
            optim_wrapper.zero_grad()
        state_bytes = ledger.in_use.total()
        for parameter in trained:
            parameter.register_post_accumulate_grad_hook(_gradient_counter(ledger))
        stepped = model if forward is None else forward
        if ranks > 1:
            with ledger.part(BUCKETS):
                stepped = distributed(
                    stepped,
                    lambda bucket: ledger.exchange(GRADIENTS, bucket),
                    # mmengine's defaults.
                    broadcast_buffers=cfg.get("broadcast_buffers", False),
                    find_unused_parameters=cfg.get("find_unused_parameters", False),
                )
        ledger.watch(optim_wrapper.optimizer, "step", OPTIMIZER)
        ledger.restart()
        yield Training(stepped, optim_wrapper, ledger, state_bytes)


def _gradient_counter(ledger: Ledger) -> Callable[[Tensor], None]:
    def count(parameter: Tensor) -> None:
        if parameter.grad is not None:
            ledger.count_for(parameter.grad, GRADIENTS)

    return count
