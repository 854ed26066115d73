"""Chaos finds what is lost, and in the short form nothing is; ``make chaos`` is the long one."""

import json
import random
from pathlib import Path

import pytest
import torch

from tests.chaos import __main__ as chaos
from tests.chaos.faults import Fault, Scenario, play
from tests.chaos.trial import Trial, Variant
from tests.support.same_run import differences


def test_nothing_is_lost(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    scenarios = ["kill", "memory", "notice"]
    options = ["--rounds", "1", "--seed", "5", "--folder", str(tmp_path)]
    assert chaos.main([*scenarios, *options]) == 0
    printed = capsys.readouterr().out
    assert printed.count(" | yes | nothing\n") == 3
    assert "3 rounds, lost: 0" in printed
    assert not list(tmp_path.iterdir())


def forgets_a_step(trial: Trial, chance: random.Random) -> Fault:
    return Fault("a step is forgotten", f"drawn {chance.random()}", "iteration 3")


def does_not_go_on(trial: Trial, chance: random.Random) -> Fault:
    raise AssertionError("exit codes [1]")


@pytest.fixture
def no_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.chaos.faults.run_undisturbed", lambda folder, variant: folder)


@pytest.mark.parametrize(
    ("inject", "lost"), [(forgets_a_step, "iteration 3"), (does_not_go_on, "exit codes [1]")]
)
def test_loss_is_shown_counted_and_kept(
    inject: object,
    lost: str,
    no_reference: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
):
    monkeypatch.setitem(chaos.SCENARIOS, "kill", Scenario(inject))
    assert chaos.main(["kill", "--rounds", "2", "--folder", str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert printed.count(" | no | ") == printed.count(lost) == 2
    assert "2 rounds, lost: 2" in printed
    kept = printed.partition("(see ")[2].partition(")")[0]
    assert Path(kept).is_dir()


def test_same_seed_injects_the_same(no_reference: None, tmp_path: Path):
    scenario = Scenario(forgets_a_step, [Variant()])
    drawn = [play(scenario, seed, tmp_path).injected for seed in ("1 kill 0", "1 kill 0", "2")]
    assert drawn[0] == drawn[1] != drawn[2]


def a_run(folder: Path, losses: list[float], weight: float, samples: int = 24) -> Path:
    """A folder as a run of a few iterations leaves it."""
    (folder / "run").mkdir(parents=True)
    lines = [json.dumps(dict(iteration=k, loss=loss)) for k, loss in enumerate(losses)]
    (folder / "record.jsonl").write_text("\n".join(lines))
    meta = dict(iter=3, samples_seen=samples)
    state = {"weight": torch.tensor([weight])}
    torch.save(dict(meta=meta, state_dict=state), folder / "run" / "latest.pth")
    return folder


@pytest.mark.parametrize(
    ("losses", "weight", "samples", "difference"),
    [
        ([3.0, 2.0, 1.0], 0.5, 24, None),
        ([3.0, 2.0], 0.5, 24, "not run: iteration 2 of rank 0"),
        ([3.0, 2.0, 1.0000001], 0.5, 24, "('iteration', 2, 0) is {'iteration': 2, 'loss': 1.0"),
        ([3.0, 2.0, 1.0], 0.50000006, 24, "state_dict"),
        ([3.0, 2.0, 1.0], 0.5, 32, "samples_seen is 32"),
        ([3.0, 2.0, 1.0, 0.5], 0.5, 24, "('iteration', 3, 0) is {'iteration': 3, 'loss': 0.5}"),
    ],
)
def test_difference_from_the_undisturbed_run_is_found(
    losses: list[float], weight: float, samples: int, difference: str | None, tmp_path: Path
):
    reference = a_run(tmp_path / "reference", [3.0, 2.0, 1.0], 0.5)
    found = differences(a_run(tmp_path / "run", losses, weight, samples), reference)
    assert found == [] if difference is None else found[0].startswith(difference)
