"""Processes that want one folder at the same time, one of which is killed."""

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from iclip.benchmarks.inputs.image_folders import write_noise
from iclip.benchmarks.inputs.random_models import write_checkpoint
from iclip.benchmarks.inputs.shards import write_shards
from iclip.commands import zeroshot
from iclip.commands.command_line import main
from iclip.datasets.readers.sample_members import SampleNames
from iclip.datasets.readers.shard_table import ShardTable
from iclip.text.class_texts import ClassText, ClassTexts, write_class_texts
from iclip.zeroshot import cached_embeddings
from tests.chaos.faults import Fault
from tests.chaos.trial import Trial, config
from tests.support.forkserver import forkserver
from tests.support.stored_embeddings import stored
from tests.support.train_process import output, start

PROCESSES = 4
CLASSES, IMAGES, SHARDS, PAIRS = 3, 20, 6, 40


def several_runs(trial: Trial, chance: random.Random) -> Fault:
    """Start four runs in one work dir; one trains, and goes on after it was killed."""
    cfg = config(trial.folder, trial.variant)
    processes = [start(cfg, trial.folder) for _ in range(PROCESSES)]
    wait = _wait(lambda: any(process.exitcode == 2 for process in processes), chance)
    # Which one trains is seen once the others are refused: any that is left.
    codes = _kill(processes, next((p for p in processes if p.exitcode is None), processes[0]))
    # The killed one may be one that would have been refused.
    trained = [code for code in codes if code != 2]
    assert len(trained) in (1, 2) and trained.count(0) <= 1, f"{codes}: {output(trial.folder)}"
    trial.resume()
    return Fault("four runs in one work dir", f"one killed {wait}", trial.lost())


def several_evaluations(trial: Trial, chance: random.Random) -> Fault:
    """Evaluate four times at once with one cache, which ends as one evaluation leaves it."""
    world, cache = trial.reference.parent / "evaluated", trial.folder / "cache"
    if not world.exists():
        _write_images(world)
        assert _end(_start(_evaluate, world, world / "alone")) == [0]
    processes = _start(_evaluate, world, cache, PROCESSES)
    wait = _wait(lambda: any(cache.glob("*/parts/*")), chance)
    codes = _kill(processes, processes[-1])
    assert codes[:-1] == [0] * (PROCESSES - 1), f"exit codes {codes}"
    # What a killed one has written last is joined by the next.
    assert _end(_start(_evaluate, world, cache)) == [0]
    lost = "" if stored(cache) == stored(world / "alone") else "embeddings differ, or are missing"
    left = sorted(path.name for path in cache.glob("*/*") if path.suffix != ".npy")
    lost = lost or ("" if left == ["parts", "settings.json"] else f"left behind: {left}")
    return Fault("four evaluations on one cache", f"one killed {wait}", lost)


def several_indexers(trial: Trial, chance: random.Random) -> Fault:
    """Index shards four times at once; the indices are those that one process writes."""
    shards, index = trial.reference.parent / "indexed", trial.folder / "index"
    if not shards.exists():
        write_shards(shards, SHARDS, PAIRS)
        assert _end(_start(_index, shards, shards / "alone")) == [0]
    processes = _start(_index, shards, index, PROCESSES)
    wait = _wait(index.exists, chance)
    codes = _kill(processes, processes[-1])
    assert codes[:-1] == [0] * (PROCESSES - 1), f"exit codes {codes}"
    # A temporary file of the killed one may stay.
    found, expected = (
        {file.name: file.read_bytes() for file in folder.iterdir() if file.suffix != ".tmp"}
        for folder in (index, shards / "alone")
    )
    differ = [name for name in found | expected if found.get(name) != expected.get(name)]
    return Fault("four indexers", f"one killed {wait}", ", ".join(differ))


def _start(target: Callable[[Path, Path], None], source: Path, out: Path, count: int = 1) -> Any:
    """Call a function in processes of their own, all at once."""
    processes = [forkserver().Process(target=target, args=(source, out)) for _ in range(count)]
    for process in processes:
        process.start()
    return processes


def _wait(has_begun: Callable[[], bool], chance: random.Random) -> str:
    """Wait for the work to begin and a random time; return when that was, for a line."""
    end, more = time.monotonic() + 60, chance.uniform(0, 0.5)
    while not has_begun():
        assert time.monotonic() < end, "nothing has begun"
        time.sleep(0.002)
    time.sleep(more)
    return f"{more:.2f} s after the work began"


def _kill(processes: Sequence[Any], victim: Any) -> list[int]:
    """Kill a process, and return the exit codes of all."""
    if victim.exitcode is None:
        os.kill(victim.pid, signal.SIGKILL)
    return _end(processes)


def _end(processes: Sequence[Any]) -> list[int]:
    for process in processes:
        process.join(120)
        assert process.exitcode is not None, "a process hangs"
    return [process.exitcode for process in processes]


def _write_images(world: Path) -> None:
    """Write a model, images and their class texts."""
    write_noise(world / "images", CLASSES, IMAGES)
    names = sorted(folder.name for folder in (world / "images").iterdir())
    texts = ClassTexts([ClassText(name, (name,), "") for name in names])
    write_class_texts(world / "classes.jsonl", texts)
    write_checkpoint(world / "model.pth")


def _evaluate(world: Path, cache: Path) -> None:
    """Evaluate as tools/zeroshot.py does, and keep the embeddings of each batch at once."""
    cached_embeddings.SECONDS_PER_PART = 0
    arguments = [str(world / "model.pth"), "--folder", str(world / "images"), "--batch-size", "4"]
    arguments += ["--class-texts", str(world / "classes.jsonl"), "--cache", str(cache)]
    torch.set_num_threads(1)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    sys.exit(main(zeroshot, [*arguments, "--image-size", "56", "--device", "cpu"]))


def _index(shards: Path, index: Path) -> None:
    """Open the shards as a rank does, which indexes what is not."""
    torch.set_num_threads(1)
    ShardTable(sorted(map(str, shards.glob("*.tar"))), SampleNames("txt"), index_folder=index)
