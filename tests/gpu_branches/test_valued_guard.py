"""The guard of a step's numbers waits for a GPU no more often than a step without it."""

import math
from collections import Counter
from typing import Any

import pytest
import torch
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from iclip.engine.guard.guarded_step import GuardedStep
from iclip.engine.step_flags import STOP, StepFlags
from tests.gpu_branches.valued_cuda import ValuedCuda, move_to_valued_cuda, valued_cuda


class Waits(TorchDispatchMode):
    """Counts what makes the CPU wait for a GPU: a value that is read, a copy from it or to it."""

    def __init__(self) -> None:
        super().__init__()
        self.names: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        before, after = (_devices(value) for value in ((args, kwargs), out))
        crosses = ("cuda" in before and "cpu" in after) or ("cpu" in before and "cuda" in after)
        if (name == "_local_scalar_dense" and "cuda" in before) or (
            name in ("_to_copy", "copy_") and crosses
        ):
            self.names[name] += 1
        return out


def _devices(value: Any) -> set[str]:
    return {leaf.device.type for leaf in tree_leaves(value) if isinstance(leaf, Tensor)}


class TwoLosses(BaseModel):
    """Two losses, and a batch norm, whose statistics are buffers."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.norm = nn.Linear(3, 3), nn.BatchNorm1d(3)

    def forward(self, inputs: Tensor, mode: str) -> Any:
        features = self.norm(self.layer(inputs))
        return {"loss_cls": features.square().mean(), "loss_con": features.exp().mean()}


def step(guard: bool, inputs: Any, stops: bool = False) -> tuple[Counter[str], Any]:
    """Take a step on the GPU that is not there; return the waits, and weights and statistics."""
    torch.manual_seed(0)
    model = TwoLosses()
    with valued_cuda():
        model = move_to_valued_cuda(model)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, foreach=False)
        wrapper = OptimWrapper(optimizer, clip_grad={"max_norm": 1.0})
        flags = StepFlags()
        if stops:
            flags.raise_flag(STOP)
        guarded = GuardedStep(model, wrapper, flags) if guard else None
        batch = {"inputs": ValuedCuda(torch.tensor(inputs))}
        with Waits() as waits:
            if guarded is not None:
                guarded.begin(0)
            model.train_step(batch, wrapper)
            if guarded is not None:
                guarded.finish()
        state = {name: value.held.tolist() for name, value in model.state_dict().items()}
    assert flags.is_agreed(STOP) == stops
    return waits.names, state


FINITE = [[1.0, 2.0, 3.0], [3.0, 1.0, 2.0], [0.5, 0.0, 2.0]]


@pytest.mark.parametrize("stops", [False, True])
def test_guarded_step_waits_as_often_as_a_plain_one(stops: bool):
    plain, state = step(guard=False, inputs=FINITE)
    guarded, guarded_state = step(guard=True, inputs=FINITE, stops=stops)
    # Of the plain step, the norm for the log.
    assert sum(plain.values()) == 1
    assert sum(guarded.values()) == 1, guarded
    assert guarded_state == state


def test_step_that_is_not_finite_changes_nothing_on_a_gpu():
    torch.manual_seed(0)
    before = {name: value.tolist() for name, value in TwoLosses().state_dict().items()}
    _, state = step(guard=True, inputs=[[math.nan, 2.0, 3.0], *FINITE[1:]])
    assert state == before
