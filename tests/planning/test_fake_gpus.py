"""Training on GPUs that are not there, by torch's own engine and wrapper."""

import pytest
import torch
from torch import distributed as dist
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from iclip.distributed import gather_sizes


def train(ranks: int) -> dict[str, object]:
    """Take two steps of a small model; return what was seen."""
    from iclip.planning.fake_gpus import CUDA, distributed, fake_gpus, move_to_fake_gpu

    exchanged: list[int] = []
    with torch.device("meta"):
        model = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.GELU(), nn.Linear(8, 1))
    with fake_gpus(ranks):
        move_to_fake_gpu(model)
        wrapped = model
        if ranks > 1:
            wrapped = distributed(model, lambda bucket: exchanged.append(bucket.numel()))
        optimizer = torch.optim.AdamW(model.parameters(), fused=True)
        for _ in range(2):
            with torch.autocast("cuda", torch.bfloat16):
                x = torch.ones(4, 8, device="cuda", requires_grad=True)
                out = checkpoint(wrapped, x, use_reentrant=False)
            loss = F.mse_loss(out.float(), torch.zeros(4, 1, device="cuda"))
            loss.backward()
            gradient = model[0].weight.grad
            norm = float(nn.utils.clip_grad_norm_(model.parameters(), 1.0))
            optimizer.step()
            optimizer.zero_grad()
        return {
            "type": str(out.dtype),
            "available": torch.cuda.is_available(),
            "gradient": (gradient.device == CUDA, tuple(gradient.shape)),
            "norm": norm,
            "exchanged": exchanged,
            "sizes": gather_sizes(5, CUDA),
            "group": dist.is_initialized(),
            "running mean": model[1].running_mean.is_cuda,
        }


@pytest.mark.parametrize("ranks", [1, 3])
def test_a_step_runs_through_autograd_and_the_optimizer(planner, ranks: int):
    seen = planner(train, ranks)
    assert seen["type"] == "torch.bfloat16" and seen["available"]
    assert seen["gradient"] == (True, (8, 8)) and seen["running mean"]
    # What a program reads from a GPU for its log is 0.
    assert seen["norm"] == 0.0


def test_several_ranks_exchange_all_gradients_in_each_step(planner):
    seen = planner(train, 3)
    parameters = 8 * 8 + 8 + 2 * 8 + 8 + 1
    assert [seen["exchanged"], seen["sizes"], seen["group"]] == [[parameters] * 2, [5] * 3, True]


def test_one_rank_has_no_group(planner):
    seen = planner(train, 1)
    assert [seen["exchanged"], seen["sizes"], seen["group"]] == [[], [5], False]


def host_values() -> tuple[list[int], bool]:
    from iclip.planning.fake_gpus import fake_gpus

    with fake_gpus(1):
        joined = torch.cat([torch.tensor([3, 1]), torch.arange(2)])
        return joined.tolist(), joined.to("cuda").is_cuda


def test_tensors_of_the_cpu_keep_their_values(planner):
    assert planner(host_values) == ([3, 1, 0, 1], True)


def read_a_count() -> str:
    from iclip.planning.fake_gpus import fake_gpus

    with fake_gpus(1):
        try:
            int(torch.ones(3, dtype=torch.int64, device="cuda").sum())
        except TypeError as error:
            return str(error)
    return ""


def test_a_number_that_decides_something_is_not_made_up(planner):
    assert "torch.int64 is read from a GPU, and a fake one has no values" in planner(read_a_count)


def outside() -> tuple[bool, str]:
    from iclip.planning.fake_gpus import fake_gpus

    with fake_gpus(2):
        pass
    return torch.cuda.is_available(), type(torch.ones(1)).__name__


def test_outside_of_the_block_there_is_no_gpu(planner):
    assert planner(outside) == (False, "Tensor")
