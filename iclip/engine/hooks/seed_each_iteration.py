"""Randomness as a function of the iteration, so that a checkpoint need not hold its state."""

import random
from typing import Any

import numpy as np
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.engine.bare_model import bare_model
from iclip.registry import HOOKS


def iteration_seed(seed: int, iteration: int, rank: int) -> int:
    """Mix the three numbers into one seed of 32 bits; close inputs give unrelated seeds."""
    return int(np.random.SeedSequence((seed, iteration, rank)).generate_state(1)[0])


@HOOKS.register_module()
class SeedEachIteration(Hook):
    """Seed Python, numpy and torch before each iteration from (run seed, iteration, rank).

    Dropout and drop path then do not hang on what ran before: a resumed run draws what the
    uninterrupted one drew, and validation in between changes nothing. Ranks draw differently. The
    data workers are other processes and take their seeds from the samples.

    A model with a method ``set_iteration(iteration)`` is told the iteration: what must be equal on
    all ranks, such as the prompt template of a class, it draws from that.
    """

    priority = "VERY_HIGH"

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Seed the generators of this process."""
        seed = iteration_seed(runner.seed, runner.iter, runner.rank)
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        model = bare_model(runner)
        if hasattr(model, "set_iteration"):
            model.set_iteration(runner.iter)
