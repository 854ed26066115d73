"""A run that is shorter than its warm-up still reaches its learning rate."""

import copy
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import PARAM_SCHEDULERS

import iclip.openmmlab  # noqa: F401  (before a config of downstream/ is read)

from iclip.engine.start.warm_up import RunLength, fitted_schedulers  # isort: skip
from tests.support.train_process import finish, output  # isort: skip
from tests.support.tiny_run.config import tiny_config  # isort: skip
from tests.support.source_imports import REPO  # isort: skip

WARM_UP = dict(type="LinearLR", by_epoch=False, start_factor=0.01, begin=0, end=50)
COSINE = dict(type="CosineAnnealingLR", by_epoch=False, begin=50, eta_min_ratio=0.01)
CONFIGS = [
    path.relative_to(REPO).as_posix()
    for folder in ("configs", "configs/micro", "downstream", "downstream/toy")
    for path in sorted((REPO / folder).glob("*.py"))
]


def rates(schedulers: list[dict[str, Any]], max_iters: int, epoch_length: int) -> list[float]:
    """The learning rate of each iteration, of 1, as mmengine's runner and hook step."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    built = []
    for scheduler in copy.deepcopy(schedulers):
        epochs = math.ceil(max_iters / epoch_length)
        scheduler.setdefault("end", epochs if scheduler.get("by_epoch", True) else max_iters)
        arguments = dict(optimizer=optimizer, epoch_length=epoch_length)
        built.append(PARAM_SCHEDULERS.build(scheduler, default_args=arguments))
    found = []
    for iteration in range(max_iters):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        for scheduler in built:
            if not scheduler.by_epoch or (iteration + 1) % epoch_length == 0:
                scheduler.step()
    return found


def fitted(
    schedulers: list[dict[str, Any]], max_iters: int, epoch_length: int = 1
) -> tuple[list[dict[str, Any]], list[str]]:
    return fitted_schedulers(
        schedulers, RunLength(max_iters, epoch_length, f"max_iters={max_iters}")
    )


def test_schedule_that_fits_is_left_alone() -> None:
    assert fitted([WARM_UP, COSINE], 51) == ([WARM_UP, COSINE], [])


@pytest.mark.parametrize(("max_iters", "warm_up"), [(50, 5), (39, 3), (20, 2)])
def test_warm_up_takes_a_tenth_of_a_shorter_run(max_iters: int, warm_up: int) -> None:
    schedulers, notes = fitted([WARM_UP, COSINE], max_iters)
    found = rates(schedulers, max_iters, 1)
    for iteration, rate in enumerate(found):
        if iteration < warm_up:
            expected = 0.01 + 0.99 * iteration / (warm_up - 1)
        else:
            part = (iteration - warm_up) / (max_iters - warm_up)
            expected = 0.01 + 0.99 * (1 + math.cos(math.pi * part)) / 2
        assert rate == pytest.approx(expected), iteration
    (note,) = notes
    assert note == (
        f"param_scheduler.0: a warm-up of 50 iterations does not fit into the run (max_iters="
        f"{max_iters}); here it takes {warm_up}. Set param_scheduler.0.end for another length"
    )


@pytest.mark.parametrize("max_iters", [1, 3, 19])
def test_a_run_of_a_few_iterations_has_no_warm_up(max_iters: int) -> None:
    schedulers, (note,) = fitted([WARM_UP, COSINE], max_iters)
    expected = [0.01 + 0.99 * (1 + math.cos(math.pi * i / max_iters)) / 2 for i in range(max_iters)]
    assert rates(schedulers, max_iters, 1) == pytest.approx(expected)
    assert f"does not fit into the run (max_iters={max_iters}); here there is none" in note


# As Kinetics has it: 2.5 epochs.
EPOCHS_OF_WARM_UP = dict(
    type="LinearLR", start_factor=0.1, by_epoch=True, begin=0, end=2.5, convert_to_iter_based=True
)


def test_warm_up_in_epochs_may_last_the_whole_run() -> None:
    assert fitted([EPOCHS_OF_WARM_UP], 20, epoch_length=8)[1] == []


def test_warm_up_in_epochs_is_left_out_of_a_run_of_a_few_iterations() -> None:
    schedulers, (note,) = fitted([EPOCHS_OF_WARM_UP], 19, epoch_length=8)
    assert "a warm-up of 20 iterations" in note
    assert schedulers == []


def test_warm_up_in_epochs_is_shortened_in_iterations() -> None:
    schedulers, _ = fitted([{**EPOCHS_OF_WARM_UP, "end": 5}], 30, epoch_length=8)
    assert rates(schedulers, 30, 8) == pytest.approx([0.1, 0.55] + [1.0] * 28)


def test_decay_in_epochs_after_the_warm_up_follows_it() -> None:
    warm_up = dict(type="LinearLR", start_factor=0.1, by_epoch=True, begin=0, end=2)
    decay = dict(type="CosineAnnealingLR", by_epoch=True, begin=2, end=10, T_max=8, eta_min=0.0)
    schedulers, _ = fitted([warm_up, decay], 20, epoch_length=10)
    found = rates(schedulers, 20, 10)
    expected = [(1 + math.cos(math.pi * i / 18)) / 2 for i in range(18)]
    assert found[2:] == pytest.approx(expected)


def test_schedule_that_the_run_cuts_off_is_said() -> None:
    decay = dict(type="PolyLR", by_epoch=False, begin=40, end=400)
    schedulers, notes = fitted([decay], 100)
    assert schedulers == [decay]
    assert notes == [
        "param_scheduler.0: the schedule ends after 400 iterations, the run before it "
        "(max_iters=100); the rest of the schedule is cut off"
    ]


def test_schedule_that_begins_after_the_run_is_refused() -> None:
    short = {**WARM_UP, "end": 2}
    expected = r"param_scheduler\.1\.begin is 50, but the run has 10 iterations \(max_iters=10\)"
    with pytest.raises(ValueError, match=expected):
        fitted([short, COSINE], 10)


def test_falling_linear_schedule_is_no_warm_up() -> None:
    falling = dict(type="LinearLR", by_epoch=False, start_factor=1.0, end_factor=0.1, end=50)
    assert fitted([falling], 20)[0] == [falling]


@pytest.mark.parametrize("config", CONFIGS)
def test_every_config_reaches_its_learning_rate_in_a_short_run(config: str) -> None:
    cfg = Config.fromfile(REPO / config, import_custom_modules=False)
    if cfg.train_dataloader is None:  # a config that only tests
        assert cfg.param_scheduler is None
        return
    highest = {}
    for max_iters in (1, 2, 7, 40):
        schedulers, _ = fitted(cfg.param_scheduler, max_iters, epoch_length=10)
        highest[max_iters] = max(rates(schedulers, max_iters, 10))
    # Kinetics' cosine falls while the rate warms up.
    assert all(rate > 0.98 for rate in highest.values()), highest


@pytest.mark.parametrize("max_iters", [1, 3])
def test_command_shortens_the_warm_up(max_iters: int, tmp_path: Path) -> None:
    cfg = tiny_config(tmp_path, train_cfg__max_iters=max_iters)
    del cfg.param_scheduler[1].end
    assert finish(cfg, tmp_path) == 0, output(tmp_path)
    assert f"does not fit into the run (train_cfg.max_iters={max_iters})" in output(tmp_path)
