"""Randomness depends on the iteration alone, so a checkpoint need not hold its state."""

import random
from typing import Any

import numpy as np
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.distributed import broadcast_object
from iclip.engine.unwrap_model import unwrap
from iclip.registry import HOOKS

# Any constant other than 0: it makes the loaders' seed differ from that of the first iteration.
_LOADING = 0x5EED


def iteration_seed(seed: int, iteration: int, rank: int) -> int:
    """Hash three numbers to a seed of 32 bits; close inputs give unrelated seeds."""
    return int(np.random.SeedSequence((seed, iteration, rank)).generate_state(1)[0])


@HOOKS.register_module()
class SeedEachIteration(Hook):
    """Seed Python, numpy and torch before each iteration from (run seed, iteration, rank).

    Dropout and drop path then do not depend on what ran before: a resumed run draws what the
    uninterrupted one drew, and a validation in between changes nothing. Ranks draw differently.

    The hub's data sets take their seeds from the sample keys. OpenMMLab's data sets draw from the
    generators, so these are also seeded at the start of an epoch: an epoch that is resumed at its
    beginning repeats itself.

    The hook tells the iteration to a model with a method ``set_iteration(iteration)``, which
    derives from it what must be equal on all ranks, such as the prompt template of a class. A model
    with a method ``set_seed(seed)`` gets the run's seed before the training.
    """

    priority = "VERY_HIGH"

    def before_train(self, runner: Runner) -> None:
        """Tell the model the run's seed."""
        model = unwrap(runner.model)
        if hasattr(model, "set_seed"):
            # Rank 0's: with randomness.diff_rank_seed each rank has another.
            model.set_seed(broadcast_object(runner.seed))

    def before_train_epoch(self, runner: Runner) -> None:
        """Seed the generators from which data loaders draw."""
        seed_generators(iteration_seed(runner.seed, runner.iter, runner.rank) ^ _LOADING)

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Seed the generators of this process, and tell the model the iteration."""
        seed_generators(iteration_seed(runner.seed, runner.iter, runner.rank))
        model = unwrap(runner.model)
        if hasattr(model, "set_iteration"):
            model.set_iteration(runner.iter)


def seed_generators(seed: int) -> None:
    """Seed Python's, numpy's and torch's generators, those of GPUs included."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
