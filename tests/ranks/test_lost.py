"""A failed exchange becomes one message that names the rank that was lost."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
import torch.distributed as dist

from iclip.ranks import lost
from iclip.ranks.lost import RankLost, explain_lost_ranks, is_lost_exchange
from iclip.ranks.phases import enter
from iclip.ranks.signs import RankSigns
from iclip.ranks.watch import end_watch, watch_rank

GLOO = "[/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:545] Read error [127.0.0.1]:37513: "


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[RankSigns]]:
    """Ranks 1 and 2; this process is rank 0, in its backward pass."""
    store = dist.HashStore()
    monkeypatch.setattr(RankSigns.listen, "__defaults__", (0.01,))
    monkeypatch.setattr(lost, "SILENCE_S", 0.01)
    monkeypatch.setattr(lost, "_SEARCH_S", 0.0)
    monkeypatch.setattr("iclip.ranks.watch.LAST_SIGNS_S", 0.0)
    # One sign at the start, which the thread does not follow up while a test runs.
    monkeypatch.setattr("iclip.ranks.watch.BEAT_S", 0.5)
    enter("backward pass", 12)
    watch_rank(store, 0, 3, timeout_s=600)
    ranks = [RankSigns(store, rank, 3) for rank in (1, 2)]
    for signs in ranks:
        signs.give("forward pass (iteration 12)", 1.0, 600)
    yield ranks
    end_watch()
    enter("starting", 0)


def lose(error: Exception | None = None) -> str:
    """Fail in an exchange; return the message."""
    with pytest.raises(RankLost) as caught, explain_lost_ranks():
        raise error or RuntimeError(GLOO + "Connection reset by peer")
    return str(caught.value)


def beating(signs: RankSigns, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a rank give a sign whenever the store is read."""
    read = RankSigns.read

    def sign_and_read(self: Any) -> Any:
        signs.give("forward pass (iteration 12)", 1.0, 600)
        return read(self)

    monkeypatch.setattr(RankSigns, "read", sign_and_read)


def test_silent_rank_is_named(others: list[RankSigns], monkeypatch: pytest.MonkeyPatch):
    beating(others[0], monkeypatch)
    message = lose()
    machine = others[0].read()[2].machine
    assert message.startswith(
        f"rank 0 in backward pass (iteration 12) has lost rank 2 on {machine}, which was in "
        "forward pass (iteration 12) and gives no sign of life: it was killed"
    )
    assert "The ranks:\n" in message and "--resume" in message


def test_error_of_a_rank_is_given(others: list[RankSigns]):
    others[1].end("ValueError: shapes do not fit")
    others[0].end("it lost another rank")
    assert "which has ended: ValueError: shapes do not fit. The ranks:" in lose()


def test_only_one_rank_tells_all(others: list[RankSigns]):
    others[1].end("ValueError: shapes do not fit")
    others[0].is_first_to("message")
    machine = others[0].read()[2].machine
    assert lose() == f"rank 0 in backward pass (iteration 12) has lost rank 2 on {machine}"


def test_others_learn_that_this_rank_ends_because_of_another(others: list[RankSigns]):
    others[1].end("ValueError: shapes do not fit")
    lose()
    assert others[0].read()[0].ended == "it lost another rank"


def test_exchange_that_fails_among_living_ranks_is_said(
    others: list[RankSigns], monkeypatch: pytest.MonkeyPatch
):
    beating(others[0], monkeypatch)
    beating(others[1], monkeypatch)
    assert "has failed, though all of them live: [/pytorch" in lose()


def test_loss_of_the_store_is_said(others: list[RankSigns], monkeypatch: pytest.MonkeyPatch):
    def broken(self: Any, seconds: float) -> None:
        raise RuntimeError("Broken pipe")

    monkeypatch.setattr(RankSigns, "listen", broken)
    assert "has lost the other ranks and the store that they meet in" in lose()


def test_other_errors_stay_and_are_told_to_the_others(others: list[RankSigns]):
    with pytest.raises(KeyError), explain_lost_ranks():
        raise KeyError("x")
    assert others[0].read()[0].ended == "KeyError: 'x'"


def test_error_that_is_explained_already_stays(others: list[RankSigns]):
    with pytest.raises(RankLost, match=r"^once$"), explain_lost_ranks(), explain_lost_ranks():
        raise RankLost("once")


def test_single_process_loses_no_rank():
    with pytest.raises(RuntimeError, match="Connection reset"), explain_lost_ranks():
        raise RuntimeError(GLOO + "Connection reset by peer")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError(GLOO + "Connection closed by peer"), True),
        (torch.distributed.DistBackendError("NCCL error: remote process exited"), True),
        (torch.distributed.DistNetworkError("Broken pipe"), True),
        (RuntimeError("CUDA out of memory"), False),
        (ValueError(GLOO), False),
    ],
)
def test_errors_of_exchanges_are_known(error: Exception, expected: bool):
    assert is_lost_exchange(error) == expected
