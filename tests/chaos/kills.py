"""Runs that are killed, or that run out of memory, at any moment."""

import random
import time

from tests.chaos.faults import Fault
from tests.chaos.trial import (
    ITERATIONS,
    SAVING_INTERVAL,
    VALIDATION_INTERVAL,
    Moment,
    Trial,
    config,
)
from tests.support.tiny_run.moments import MOMENTS
from tests.support.train_process import start

# Data workers before and after a resume.
WORKERS = (0, 1, 2, 3)


def killed(trial: Trial, chance: random.Random) -> Fault:
    """Kill a rank by SIGKILL, and resume with any number of data workers."""
    moment = any_moment(trial, chance)
    codes = trial.disturb(moment, "SIGKILL")
    assert -9 in codes, f"exit codes {codes}: the kill never came"
    workers = chance.choice(WORKERS)
    trial.resume(workers)
    injected = f"{moment}; {trial.variant}, then {workers} workers"
    return Fault("kill -9", injected, trial.lost())


def killed_again_and_again(trial: Trial, chance: random.Random) -> Fault:
    """Kill a run three times from outside, at times that nobody has chosen."""
    waits = [chance.uniform(0, 0.4) for _ in range(3)]
    for wait in waits:
        process = start(config(trial.folder, trial.variant), trial.folder, "--resume")
        deadline = time.monotonic() + 60
        while not (trial.folder / "record.jsonl").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(wait)
        process.kill()
        process.join()
    trial.resume()
    times = ", ".join(f"{wait:.2f}" for wait in waits)
    return Fault("kill -9 from outside", f"{times} s after a step; {trial.variant}", trial.lost())


def out_of_memory(trial: Trial, chance: random.Random) -> Fault:
    """Raise MemoryError in a rank, or kill a data worker, as a system without memory does."""
    moment = any_moment(trial, chance)
    # There are data workers from the first step on, and none of them kills itself.
    has_workers = trial.variant.workers > 0 and moment.name not in ("starting", "loading")
    action = "worker" if has_workers and chance.random() < 0.5 else "MemoryError"
    codes = trial.disturb(moment, action)
    assert 0 not in codes, f"exit codes {codes}: the fault never came"
    trial.resume()
    injected = f"{'a data worker is killed' if action == 'worker' else action}, {moment}"
    return Fault("out of memory", f"{injected}; {trial.variant}", trial.lost())


def any_moment(trial: Trial, chance: random.Random) -> Moment:
    """Draw a moment of a run, on any of its ranks; rank 0 alone saves."""
    name = chance.choice(MOMENTS)
    rank = 0 if name == "saving" else chance.randrange(trial.variant.ranks)
    interval = {"saving": SAVING_INTERVAL, "validating": VALIDATION_INTERVAL}.get(name)
    if interval is None:
        return Moment(name, chance.randrange(ITERATIONS), rank)
    return Moment(name, chance.randrange(interval, ITERATIONS + 1, interval), rank)
