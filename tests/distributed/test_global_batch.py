"""Losses and gradients on several ranks equal those of one process with the global batch."""

import pytest
import torch
import torch.distributed as dist
from torch import Tensor

from iclip.distributed import gather_rows, gather_sizes, get_rank, get_world_size, split_evenly
from tests.distributed.tiny_model import METHODS, build, global_batch, local_batch
from tests.support.ranks import call_on_ranks

# Where each rank's labelled images and pairs start: uneven, so that padding is exercised.
CUTS = {2: ([0, 2, 5], [0, 5, 8]), 3: ([0, 1, 5, 6], [0, 4, 5, 8])}


def steps() -> dict[str, tuple[dict[str, float], dict[str, Tensor]]]:
    """Return this rank's losses and its gradients averaged as DDP does, by method."""
    cuts, pair_cuts = CUTS[get_world_size()]
    results = {}
    for method in METHODS:
        model = build(method)
        model.set_iteration(3)
        batch = global_batch(method, cuts[-1], pair_cuts[-1])
        losses = model(**local_batch(batch, cuts, pair_cuts, get_rank()), mode="loss")
        sum(losses.values()).backward()
        gradients = {}
        for name, parameter in model.named_parameters():
            gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            dist.all_reduce(gradient)
            gradients[name] = gradient / get_world_size()
        results[method] = ({k: v.item() for k, v in losses.items()}, gradients)
    return results


@pytest.fixture(scope="module", params=sorted(CUTS))
def ranks(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list:
    return call_on_ranks(request.param, tmp_path_factory.mktemp("ranks"), steps)


@pytest.mark.parametrize("method", METHODS)
def test_loss_and_gradient_equal_the_global_batch(ranks: list, method: str):
    cuts, pair_cuts = CUTS[len(ranks)]
    model = build(method)
    model.set_iteration(3)
    losses = model(**global_batch(method, cuts[-1], pair_cuts[-1]), mode="loss")
    sum(losses.values()).backward()
    for name, loss in losses.items():
        mean_over_ranks = sum(rank[method][0][name] for rank in ranks) / len(ranks)
        assert mean_over_ranks == pytest.approx(loss.item(), rel=1e-6, abs=1e-9)
    for name, parameter in model.named_parameters():
        expected = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        for rank in ranks:
            torch.testing.assert_close(rank[method][1][name], expected, rtol=1e-6, atol=1e-9)


def test_one_process_gathers_its_own_rows():
    rows = torch.randn(3, 2)
    assert gather_rows(rows, gather_sizes(3, rows.device)) is rows


@pytest.mark.parametrize(("total", "parts"), [(10, 3), (2, 4), (21841, 64)])
def test_shares_cover_everything_once_and_differ_by_one_at_most(total: int, parts: int):
    shares = [split_evenly(total, parts, part) for part in range(parts)]
    assert [i for share in shares for i in share] == list(range(total))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
