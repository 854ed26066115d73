"""One process for all tests that trace on fake GPUs, which change torch for good."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest

from iclip.planning.own_process import prepare_process

Planner = Callable[..., Any]


@pytest.fixture(scope="session")
def planner() -> Iterator[Planner]:
    """Call a function of a test module, and its arguments, in the process of the plans."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=prepare_process) as process:
        yield lambda function, *args: process.submit(function, *args).result()
