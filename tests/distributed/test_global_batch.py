"""Losses and gradients of any number of ranks equal those of one process with the global batch."""

import pytest
import torch
from mmengine.model import MMDistributedDataParallel

from iclip.distributed import gather_rows, gather_sizes, get_rank, get_world_size, split_evenly
from tests.distributed.tiny_model import METHODS, build, cut_unevenly, global_batch
from tests.distributed.tiny_training import (
    TOLERANCE,
    History,
    check_equal,
    train_in_parts,
    train_on_whole_batch,
)
from tests.support.ranks import call_on_ranks

MICRO_BATCHES = (1, 2, 4)
# Labelled images and pairs of the global batch. With one source, the other's losses are absent on
# all ranks; with both, some ranks and micro-batches lack one, or both.
BOTH, LABELLED, PAIRS = (7, 9), (7, 0), (0, 9)
CASES = [
    *((method, *BOTH) for method in (*METHODS, "ICLIP chunks", "UniCL chunks")),
    *(("ICLIP", *LABELLED), ("ICLIP", *PAIRS), ("UniCL", *LABELLED), ("UniCL", *PAIRS)),
]


def num_steps(case: tuple, number: int, world_size: int) -> int:
    """Every split takes one step; for each number of ranks, one split takes 20 with all methods."""
    long = case[0] in METHODS and case[1:] == BOTH
    return 20 if long and number == {2: 4, 3: 2}[world_size] else 1


def trainings() -> dict[tuple, History]:
    """Train this rank's part of every case in both precisions."""
    found = {}
    for case in CASES:
        method, *counts = case
        for number in MICRO_BATCHES:
            parts = cut_unevenly(global_batch(method, *counts), get_world_size() * number)
            own = parts[get_rank() * number : (get_rank() + 1) * number]
            for dtype in TOLERANCE:
                # As mmengine wraps a model: every parameter must take part in the exchange.
                model = MMDistributedDataParallel(
                    build(method).to(dtype), broadcast_buffers=False, find_unused_parameters=False
                )
                steps = num_steps(case, number, get_world_size()) if dtype.itemsize == 8 else 1
                found[case, number, dtype] = train_in_parts(model, own, steps)
    return found


@pytest.fixture(scope="module", params=[2, 3])
def ranks(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list:
    return call_on_ranks(request.param, tmp_path_factory.mktemp("ranks"), trainings)


@pytest.mark.parametrize("number", MICRO_BATCHES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case)))
def test_training_equals_that_on_the_global_batch(ranks: list, case: tuple, number: int):
    for dtype in TOLERANCE:
        of_ranks = [rank[case, number, dtype] for rank in ranks]
        steps = len(of_ranks[0].losses)
        plain = case[0].removesuffix(" chunks")
        expected = train_on_whole_batch(plain, global_batch(*case), steps, dtype)
        # Each rank's losses are its share, times the number of ranks.
        losses = [
            {name: sum(share[name] for share in shares) / len(shares) for name in shares[0]}
            for shares in zip(*(rank.losses for rank in of_ranks), strict=True)
        ]
        for rank in of_ranks:
            check_equal(History(losses, rank.gradients), expected, dtype)


def test_one_process_gathers_its_own_rows():
    rows = torch.randn(3, 2)
    assert gather_rows(rows, gather_sizes(3, rows.device)) is rows


@pytest.mark.parametrize(("total", "parts"), [(10, 3), (2, 4), (21841, 64)])
def test_shares_cover_everything_once_and_differ_by_one_at_most(total: int, parts: int):
    shares = [split_evenly(total, parts, part) for part in range(parts)]
    assert [i for share in shares for i in share] == list(range(total))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
