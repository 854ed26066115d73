"""Training in steps goes on after the samples that it has consumed."""

from pathlib import Path
from typing import Any

import pytest
from torch import nn

from iclip.engine import ResumableTrainLoop
from tests.support.fake_runner import fake_runner
from tests.support.position_loader import loader, positions
from tests.support.tiny_run.config import tiny_config
from tests.support.train_process import finish, output


def test_sampler_that_ends_is_refused(tmp_path: Path):
    cfg = tiny_config(tmp_path)
    cfg.train_dataloader.batch_sampler = dict(type="TwoBatches")
    assert finish(cfg, tmp_path) == 2
    assert "ended after 2 of train_cfg.max_iters=12 iterations" in output(tmp_path)


@pytest.mark.parametrize("setting", ["max_iters", "val_interval"])
@pytest.mark.parametrize("value", [0, -1, 2.5])
def test_lengths_are_whole_numbers(setting: str, value: float):
    expected = rf"train_cfg\.{setting} is {value}; it takes a whole number from 1 up"
    with pytest.raises(ValueError, match=expected):
        ResumableTrainLoop(fake_runner(), loader(), **{"max_iters": 10, setting: value})


class Reads(nn.Module):
    """A model that notes the batches of its steps."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[int]] = []

    def train_step(self, batch: Any, optim_wrapper: Any) -> dict[str, Any]:
        self.batches.append(batch.tolist())
        return {}


def run_from(iteration: int, **known: Any) -> tuple[list[list[int]], Any]:
    """Batches of two iterations after those that a checkpoint holds, and the message hub."""
    model = Reads()
    runner = fake_runner(
        model=model, optim_wrapper=None, val_loop=None, call_hook=lambda *_, **__: None
    )
    for name, value in known.items():
        runner.message_hub.update_info(name, value)
    loop = ResumableTrainLoop(runner, loader(), max_iters=iteration + 2)
    loop._iter = iteration
    loop.run()
    return model.batches, runner.message_hub


def test_run_goes_on_after_the_consumed_samples():
    # Of batches of another size, and not of 10 batches of 4.
    batches, hub = run_from(10, samples_consumed={"labelled": 123})
    assert batches == [[123, 124, 125, 126], [127, 128, 129, 130]]
    assert hub.get_info("samples_consumed") == {"labelled": 131}


@pytest.mark.parametrize(
    ("known", "first"),
    [({}, 40), ({"samples_seen": 80}, 80)],
    ids=["iterations alone", "samples of two ranks"],
)
def test_checkpoint_of_an_earlier_version_goes_on(known: dict[str, int], first: int):
    batches, _ = run_from(10, **known)
    assert batches[0] == [*range(first, first + 4)]


def test_new_run_begins_at_the_first_sample_whatever_the_hub_holds():
    batches, _ = run_from(0, samples_seen=80, samples_consumed={"labelled": 80})
    assert batches == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_loop_states_what_all_ranks_have_to_agree_on():
    loop = ResumableTrainLoop(fake_runner(), loader(positions(4, accumulation=3)), max_iters=10)
    assert loop.step_facts() == {
        "the micro-batch": 4,
        "the number of micro-batches per step": 3,
        "the number of samples consumed": {"labelled": 0},
    }
