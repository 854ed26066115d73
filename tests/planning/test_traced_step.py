"""What is prepared for a traced step, and what it leaves behind."""

from collections import Counter

import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from torch import Tensor, nn

from iclip.planning.ledger import Account
from iclip.planning.traced_step import GRADIENTS, OPTIMIZER, PARAMETERS, TracedStep, traced_training

CONFIG = dict(optim_wrapper=dict(type="OptimWrapper", optimizer=dict(type="Adam", lr=1e-3)))


class Frozen(BaseModel):
    """A layer of 100 x 100 that is trained, and one that is not."""

    def __init__(self) -> None:
        super().__init__()
        self.trained, self.frozen = nn.Linear(100, 100, bias=False), nn.Linear(100, 100, bias=False)
        self.frozen.requires_grad_(False)

    def forward(self, x: Tensor, mode: str = "loss") -> dict[str, Tensor]:
        return {"loss": self.frozen(self.trained(x)).sum()}


def trace() -> tuple[Counter[str], Counter[str], int]:
    """Return what is in use before a step and at its peak."""
    with torch.device("meta"):
        model = Frozen()
    with traced_training(model, Config(CONFIG), 1) as traced:
        before = +traced.ledger.in_use
        x = torch.ones(2, 100, device="cuda")
        traced.optim_wrapper.update_params(traced.model(x)["loss"])
    return before, traced.result().account.peak, traced.state_bytes


def test_the_optimizers_state_is_there_before_the_step(planner):
    before, peak, state_bytes = planner(trace)
    weights = 100 * 100 * 4 // 512 * 512 + 512
    assert before[PARAMETERS] == peak[PARAMETERS] >= 2 * weights
    # Two moments and a count of the trained layer alone.
    assert 2 * weights <= before[OPTIMIZER] <= 2 * weights + 512
    assert GRADIENTS not in before and peak[GRADIENTS] == weights
    assert state_bytes == before.total()


def test_sums_are_told_in_their_units():
    step = TracedStep(Account(Counter(a=2**29, b=2**29), Counter({("a", "b", "c"): 10**12})), 0)
    assert (step.peak_gib, step.tflop) == (1.0, 1.0)
