"""Decode errors are counted over all ranks, shown, and limited."""

import logging
from collections import Counter
from typing import Any, NamedTuple

import pytest
import torch

from iclip.engine.hooks import CountDecodeErrors, count_decode_errors
from tests.support.fake_runner import fake_runner


def step(hook: CountDecodeErrors, runner: Any, errors: list[Any], samples: int = 10) -> None:
    batch = {"inputs": torch.zeros(samples), "decode_errors": errors}
    hook.after_train_iter(runner, runner.iter, data_batch=batch)
    runner.iter += 1


def test_totals_are_counted_and_reported(caplog: pytest.LogCaptureFixture):
    hook, runner = CountDecodeErrors(interval=2), fake_runner(max_iters=5)
    for errors in (["a"], [], ["b", "c"], [], []):
        step(hook, runner, errors)
    with caplog.at_level(logging.INFO):
        hook.after_train(runner)
    assert "Decode errors: 3 in 50 samples" in caplog.text
    assert runner.message_hub.get_scalar("train/decode_errors").current() == 3


def test_errors_of_all_micro_batches_are_counted():
    hook, runner = CountDecodeErrors(interval=1, max_fraction=1.0), fake_runner()
    batches = [
        {"inputs": torch.zeros(4), "decode_errors": errors} for errors in (["a"], [], ["b", "c"])
    ]
    hook.after_train_iter(runner, 0, data_batch=batches)
    assert runner.message_hub.get_info("decode_errors") == (3, 12)


def test_first_errors_are_shown_and_later_ones_counted(caplog: pytest.LogCaptureFixture):
    hook, runner = CountDecodeErrors(interval=1, show=2), fake_runner()
    for errors in (["a.jpg is cut"], ["b.jpg is cut", "c.jpg is cut"], ["d.jpg is cut"]):
        step(hook, runner, errors)
    assert [record.message for record in caplog.records] == [
        "Decode error 1: a.jpg is cut",
        "Decode error 2: b.jpg is cut",
        "Further decode errors are counted without being shown",
    ]


def test_run_stops_above_the_limit():
    hook, runner = CountDecodeErrors(max_fraction=0.1, grace=20, interval=1), fake_runner()
    step(hook, runner, ["a", "b"])  # 2 of 10, but no more than 10 % of the grace of 20
    step(hook, runner, [])
    expected = (
        r"3 of 30 samples .* CountDecodeErrors\.max_fraction=0\.09 allows. The last one: c.jpg"
    )
    hook.max_fraction = 0.09
    with pytest.raises(ValueError, match=expected):
        step(hook, runner, ["c.jpg"])


def test_no_error_is_allowed_with_a_fraction_of_zero():
    hook, runner = CountDecodeErrors(max_fraction=0.0, interval=1), fake_runner()
    step(hook, runner, [])
    with pytest.raises(ValueError, match="1 of 20 samples"):
        step(hook, runner, ["a"])


def test_counts_of_all_ranks_go_together(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        count_decode_errors,
        "gather_objects",
        lambda own: [own, (Counter(cut=5), ["other.jpg"], 10, 2)],
    )
    hook, runner = CountDecodeErrors(max_fraction=1.0, interval=1), fake_runner()
    step(hook, runner, ["own.jpg"])
    assert runner.message_hub.get_info("decode_errors") == (6, 20)
    assert runner.message_hub.get_info("decode_error_kinds") == {"of no kind": 1, "cut": 5}


def test_counts_survive_a_resume():
    runner = fake_runner()
    step(CountDecodeErrors(interval=1), runner, ["a"])
    resumed = fake_runner()
    resumed.message_hub.load_state_dict(runner.message_hub.state_dict())
    step(CountDecodeErrors(interval=1), resumed, ["b"])
    assert resumed.message_hub.get_info("decode_errors") == (2, 20)


class Failure(NamedTuple):
    """As the data sets give it."""

    message: str
    kind: str

    def __str__(self) -> str:
        return self.message


def test_totals_are_told_by_kind(caplog: pytest.LogCaptureFixture):
    hook, runner = CountDecodeErrors(interval=1), fake_runner()
    cut, gone = Failure("a.jpg is cut", "pairs: cut"), Failure("b.jpg is gone", "labelled: gone")
    for errors in ([cut], [gone, cut], []):
        step(hook, runner, errors)
    with caplog.at_level(logging.INFO):
        hook.after_train(runner)
    assert "Decode error 2: b.jpg is gone" in caplog.text
    assert "Decode errors: 3 in 30 samples (2 pairs: cut, 1 labelled: gone)" in caplog.text


def test_stopped_run_says_of_which_kind_the_errors_are():
    hook, runner = CountDecodeErrors(max_fraction=0, interval=1), fake_runner()
    with pytest.raises(ValueError, match=r"could not be decoded \(2 pairs: cut\), more than"):
        step(hook, runner, [Failure("a", "pairs: cut"), Failure("b", "pairs: cut")])


class FileFailure(NamedTuple):
    """Of a file that cannot be read at all."""

    message: str
    file: str
    kind: str = "pairs: unreadable file"

    def __str__(self) -> str:
        return self.message


def test_file_that_cannot_be_read_is_named_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    def failures(file: str, count: int) -> list[FileFailure]:
        return [FileFailure(f"{file} ends before byte {number}", file) for number in range(count)]

    other_rank = [(Counter(), [*failures("7.tar", 1), *failures("8.tar", 1)], 10, 0)] * 2
    monkeypatch.setattr(count_decode_errors, "gather_objects", lambda own: [own, *other_rank])
    hook, runner = CountDecodeErrors(max_fraction=1, interval=1, show=4), fake_runner()
    step(hook, runner, failures("7.tar", 30))
    step(hook, runner, [*failures("8.tar", 2), "a.jpg is cut", *failures("9.tar", 3), "b.jpg", "c"])
    assert [record.message for record in caplog.records] == [
        "Decode error 1: 7.tar ends before byte 0",
        "Decode error 2: 8.tar ends before byte 0",
        "Decode error 3: a.jpg is cut",
        "Decode error 4: 9.tar ends before byte 0",
        "Further decode errors are counted without being shown",
    ]
    assert runner.message_hub.get_info("decode_errors")[0] == 38


def test_resumed_run_shows_no_more_than_the_rest(caplog: pytest.LogCaptureFixture):
    runner = fake_runner()
    step(CountDecodeErrors(max_fraction=1, interval=1, show=3), runner, ["a", "b"])
    step(CountDecodeErrors(max_fraction=1, interval=1, show=3), runner, ["c", "d"])
    shown = [record.message for record in caplog.records if "error" in record.message]
    assert shown[2:] == [
        "Decode error 3: c",
        "Further decode errors are counted without being shown",
    ]


def test_reads_that_were_tried_again_are_added_up_and_limit_nothing(
    caplog: pytest.LogCaptureFixture,
):
    hook, runner = CountDecodeErrors(max_fraction=0, interval=2), fake_runner(max_iters=5)
    for retries in (3, 0, 4, 0, 1):
        batch = {"inputs": torch.zeros(10), "decode_errors": [], "read_retries": retries}
        hook.after_train_iter(runner, runner.iter, data_batch=batch)
        runner.iter += 1
    with caplog.at_level(logging.INFO):
        hook.after_train(runner)
    assert "Reads tried again after an error that passed: 8" in caplog.text


@pytest.mark.parametrize("fraction", [-0.1, 1.5, 20])
def test_limit_must_be_a_fraction(fraction: float):
    with pytest.raises(ValueError, match=r"CountDecodeErrors\.max_fraction is .* from 0 to 1"):
        CountDecodeErrors(max_fraction=fraction)
