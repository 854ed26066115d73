"""Checkpoints that are damaged or cannot be written."""

import os
import random
from collections.abc import Callable
from pathlib import Path

from iclip.engine.saving.checkpoint_files import checkpoints_by_age
from tests.chaos.faults import Fault
from tests.chaos.trial import ITERATIONS, SAVING_INTERVAL, Trial
from tests.support.train_process import output


def damaged_newest(trial: Trial, chance: random.Random) -> Fault:
    """Damage the last of a run's two checkpoints: it goes on from the one before."""
    codes = trial.run()
    assert codes == [0] * trial.variant.ranks, f"exit codes {codes}: {output(trial.folder)}"
    before, newest = checkpoints_by_age(trial.run_folder)
    how = chance.choice(DAMAGES)
    injected = f"{newest.name}: {how(newest, chance)}; {trial.variant}"
    trial.resume()
    told = output(trial.folder)
    is_named = f"goes on from {before.name}, the newest good checkpoint" in told
    return Fault("damaged checkpoint", injected, trial.lost() if is_named else "the warning")


def full_disk(trial: Trial, chance: random.Random) -> Fault:
    """Let a disk be full from some checkpoint on: all ranks stop, and go on when there is room."""
    iteration = chance.randrange(SAVING_INTERVAL, ITERATIONS + 1, SAVING_INTERVAL)
    codes = trial.run(hooks=(dict(type="FullDisk", iteration=iteration),))
    assert codes == [2] * trial.variant.ranks, f"exit codes {codes}: {output(trial.folder)}"
    trial.resume()
    return Fault("full disk", f"saving, iteration {iteration}; {trial.variant}", trial.lost())


def flip_a_byte(file: Path, chance: random.Random) -> str:
    content = bytearray(file.read_bytes())
    # In the tensors: before them are a header and the pickle, behind them the directory.
    place = chance.randrange(len(content) // 2, len(content) * 3 // 4)
    content[place] ^= 1 << chance.randrange(8)
    file.write_bytes(content)
    return f"a bit of byte {place:,} flipped"


def cut(file: Path, chance: random.Random) -> str:
    kept = chance.randrange(file.stat().st_size)
    os.truncate(file, kept)
    return f"cut after {kept:,} bytes"


def fill_with_zeros(file: Path, chance: random.Random) -> str:
    file.write_bytes(bytes(file.stat().st_size))
    return "zeros"


def remove(file: Path, chance: random.Random) -> str:
    file.unlink()
    return "removed, latest.pth leads nowhere"


DAMAGES: tuple[Callable[[Path, random.Random], str], ...] = (
    flip_a_byte,
    cut,
    fill_with_zeros,
    remove,
)
