"""Draws are a function of seed, iteration and rank."""

import itertools
import random

import numpy as np
import torch
from torch import nn

from iclip.engine.hooks import SeedEachIteration
from iclip.engine.hooks.seed_each_iteration import iteration_seed
from tests.support.fake_runner import fake_runner


def draws(**where: int) -> tuple[float, float, float]:
    """What the three generators give first in an iteration."""
    runner = fake_runner(model=nn.Linear(1, 1), **where)
    SeedEachIteration().before_train_iter(runner, 0)
    return random.random(), float(np.random.rand()), torch.rand(()).item()


def test_draws_do_not_depend_on_what_ran_before():
    first = draws(iter=5)
    torch.rand(1000)
    assert draws(iter=5) == first


def test_seed_iteration_and_rank_each_change_the_draws():
    cases = [dict(seed=s, iter=i, rank=r) for s, i, r in itertools.product((0, 1), repeat=3)]
    for generator in zip(*(draws(**case) for case in cases), strict=True):
        assert len(set(generator)) == len(cases)


def test_seeds_of_a_long_run_hardly_ever_meet():
    seeds = {iteration_seed(0, i, r) for i in range(500) for r in range(8)}
    assert len(seeds) >= 4000 - 2  # 4000 draws of 32 bits: a collision in one of 500 cases


def test_model_is_told_the_iteration():
    model = nn.Linear(1, 1)
    model.set_iteration = lambda iteration: setattr(model, "iteration", iteration)
    SeedEachIteration().before_train_iter(fake_runner(model=model, iter=7), 0)
    assert model.iteration == 7


def test_model_is_told_the_seed():
    model = nn.Linear(1, 1)
    model.set_seed = lambda seed: setattr(model, "seed", seed)
    SeedEachIteration().before_train(fake_runner(model=model, seed=11))
    assert model.seed == 11


def test_model_that_draws_nothing_is_told_nothing():
    SeedEachIteration().before_train(fake_runner(model=nn.Linear(1, 1)))
