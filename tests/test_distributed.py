"""What ranks exchange besides the rows of the losses, which tests/distributed covers."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from iclip.distributed import (
    broadcast_object,
    chunks_of_rank_0,
    from_rank_0,
    gather_objects,
    get_rank,
    max_over_ranks,
    mean_over_ranks,
    share_buffers,
)
from tests.support.ranks import call_on_ranks


def model_of_a_rank() -> nn.Module:
    """Weights, running statistics and a counter, which tell the rank."""
    model = nn.BatchNorm1d(2)
    for tensor in (model.weight.data, model.running_mean, model.num_batches_tracked):
        tensor.fill_(get_rank() + 1)
    return model


def losses_of_a_rank() -> dict[str, torch.Tensor]:
    rank = get_rank()
    return {"loss_cls": torch.tensor(2.0 * rank), "loss_con": torch.tensor(3.0 + rank)}


def compute_on_rank_0() -> int:
    assert get_rank() == 0
    return 7


def fail_on_rank_0() -> int:
    assert get_rank() == 0
    raise FileNotFoundError(2, "there is no such file", "latest.pth")


def message_of_failure() -> str:
    try:
        from_rank_0(fail_on_rank_0)
    except (ValueError, OSError) as error:
        return f"{type(error).__name__}: {error}"
    return "no error"


def exchange(folder: Path) -> dict[str, Any]:
    rank, model = get_rank(), model_of_a_rank()
    share_buffers(model)
    return {
        "weight": model.weight.tolist(),
        "mean": model.running_mean.tolist(),
        "counter": model.num_batches_tracked.item(),
        "largest": max_over_ranks(torch.tensor([rank, -rank, 5.0])).tolist(),
        "means": {k: v.item() for k, v in mean_over_ranks(losses_of_a_rank()).items()},
        "gathered": gather_objects({"rank": rank}),
        "of rank 0": broadcast_object(["here", rank] if rank == 0 else None),
        "computed": from_rank_0(compute_on_rank_0),
        "failed": message_of_failure(),
        "chunks": list(chunks_of_rank_0(folder / f"file{rank}", chunk_bytes=4)),
        "empty": list(chunks_of_rank_0(folder / f"empty{rank}")),
    }


@pytest.fixture(scope="module")
def ranks(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("ranks")
    # Rank 1 has neither of them.
    (folder / "file0").write_bytes(b"ten bytes!")
    (folder / "empty0").touch()
    return call_on_ranks(2, folder, partial(exchange, folder))


def test_all_ranks_get_the_floating_point_buffers_of_rank_0(ranks: list[dict[str, Any]]):
    assert [rank["mean"] for rank in ranks] == [[1.0, 1.0]] * 2
    assert [rank["weight"] for rank in ranks] == [[1.0, 1.0], [2.0, 2.0]]
    assert [rank["counter"] for rank in ranks] == [1, 2]


def test_all_ranks_get_the_largest_of_each_value(ranks: list[dict[str, Any]]):
    assert [rank["largest"] for rank in ranks] == [[1.0, 0.0, 5.0]] * 2


def test_all_ranks_get_the_mean_of_each_scalar(ranks: list[dict[str, Any]]):
    assert [rank["means"] for rank in ranks] == [{"loss_cls": 1.0, "loss_con": 3.5}] * 2


def test_objects_are_gathered_in_rank_order(ranks: list[dict[str, Any]]):
    assert [rank["gathered"] for rank in ranks] == [[{"rank": 0}, {"rank": 1}]] * 2


def test_all_ranks_get_the_object_of_rank_0(ranks: list[dict[str, Any]]):
    assert [rank["of rank 0"] for rank in ranks] == [["here", 0]] * 2


def test_one_process_is_rank_0_alone(tmp_path: Path):
    (tmp_path / "file0").write_bytes(b"one")
    (tmp_path / "empty0").touch()
    assert exchange(tmp_path) == {
        "weight": [1.0, 1.0],
        "mean": [1.0, 1.0],
        "counter": 1,
        "largest": [0.0, 0.0, 5.0],
        "means": {"loss_cls": 0.0, "loss_con": 3.0},
        "gathered": [{"rank": 0}],
        "of rank 0": ["here", 0],
        "computed": 7,
        "failed": "FileNotFoundError: [Errno 2] there is no such file: 'latest.pth'",
        "chunks": [b"one"],
        "empty": [],
    }


def test_what_rank_0_computes_is_known_to_all(ranks: list[dict[str, Any]]):
    assert [rank["computed"] for rank in ranks] == [7, 7]


def test_error_of_rank_0_stops_all(ranks: list[dict[str, Any]]):
    message = "[Errno 2] there is no such file: 'latest.pth'"
    assert [rank["failed"] for rank in ranks] == [
        f"FileNotFoundError: {message}",
        f"ValueError: rank 0 has stopped: {message}",
    ]


def test_file_of_rank_0_reaches_all_in_chunks(ranks: list[dict[str, Any]]):
    assert [rank["chunks"] for rank in ranks] == [[b"ten ", b"byte", b"s!"]] * 2
    assert [rank["empty"] for rank in ranks] == [[], []]
