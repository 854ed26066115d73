"""Compare classifiers on toy classes that training never shows: by words, by names, linear.

    python tools/compare_classifiers.py work_dirs/quickstart/latest.pth

Detection, video and segmentation on the toy world are trained on the seen categories alone, and
evaluated on all, new combinations and new words among them. Trains what is missing, two runs at a
time on one thread each, prints a Markdown table with mean and spread over seeds, and draws the new
classes that the first detector by words has found. It can be stopped at any time: called again, it
continues.
"""

import argparse
import time
from collections.abc import Collection
from functools import partial
from pathlib import Path

from iclip.benchmarks.toy.new_class_pictures import draw_new_classes, read_new_objects
from iclip.benchmarks.toy.open_vocabulary import (
    CLASSIFIERS,
    NOTE,
    TASKS,
    OpenRun,
    open_vocabulary_table,
    planned_runs,
)
from iclip.commands.scripts import run_command, run_side_by_side
from iclip.data_root import data_root
from iclip.files.atomic import write_atomically
from iclip.files.one_owner import one_owner
from iclip.messages import counted
from iclip.shipped_configs import shipped_config
from iclip.tasks import DETECTION

PICTURES = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "checkpoint", help="the pre-trained backbone and text tower, or hf-hub:org/name"
    )
    parser.add_argument(
        "--tasks", default=",".join(TASKS), help="in this order (default: %(default)s)"
    )
    parser.add_argument(
        "--classifiers", default=",".join(CLASSIFIERS), help="to compare (default: %(default)s)"
    )
    parser.add_argument("--seeds", type=int, default=3, help="runs of each, seeds 0, 1, ...")
    parser.add_argument(
        "--out", type=Path, default=Path("work_dirs/classifiers"), help="all results"
    )
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time, one thread each")
    parser.add_argument("--table", action="store_true", help="print what there is, train nothing")


def run(args: argparse.Namespace) -> None:
    """Train what is missing, print the table and draw.

    Raises:
        FileNotFoundError: There is no checkpoint, or no toy world for it.
        CommandFailed: A run failed.
        ValueError: An option has an unknown value, or another process writes into this folder.
    """
    tasks = _chosen("--tasks", args.tasks, TASKS)
    classifiers = _chosen("--classifiers", args.classifiers, CLASSIFIERS)
    if args.seeds < 1:
        raise ValueError(f"--seeds {args.seeds} is not allowed: give 1 or more")
    runs = list(planned_runs(tasks, classifiers, args.seeds))
    if not args.table:
        _check_inputs(args.checkpoint, data_root() / "toy")
        with one_owner(args.out, "--out", print):
            missing = [one for one in runs if one.scores(args.out) is None]
            print(f"{counted(len(runs), 'run')}, {len(runs) - len(missing)} of them done before")
            run_side_by_side(
                [partial(train, one, args.checkpoint, args.out) for one in missing], args.jobs
            )
            first = OpenRun(DETECTION, "text", 0)
            if first in runs:
                print(f"What it found of new classes, as pictures: {draw(first, args.out)}")
    table = open_vocabulary_table(args.out, runs)
    if not args.table:
        write_atomically(args.out / "table.md", f"{table}\n{NOTE}\n")
    print(f"\n{table}\n{NOTE}")


def train(open_run: OpenRun, checkpoint: str, out: Path) -> str:
    """Train one run, or continue one that was stopped; returns a line about it."""
    from iclip.checkpoints.hub_names import resolved

    folder = open_run.folder(out)
    arguments = [str(_config(open_run)), "--work-dir", str(folder.resolve()), "--resume"]
    arguments += ["--device", "cpu", "--seed", str(open_run.seed)]
    arguments += ["--checkpoint", resolved(checkpoint)]
    started = time.monotonic()
    run_command("train", arguments, folder / "console.log")
    name = f"{open_run.config}, seed {open_run.seed}"
    return f"{name}: {(time.monotonic() - started) / 60:.1f} minutes"


def draw(open_run: OpenRun, out: Path) -> Path:
    """Draw a detector's new classes on the first images that show any; returns the folder."""
    folder, world = open_run.folder(out), data_root() / "toy"
    pictures, predicted = folder / "pictures/new_classes", folder / "predicted"
    if (pictures / "predictions.json").is_file():
        return pictures
    new = read_new_objects(world)
    arguments = [str(_config(open_run)), str((folder / "latest.pth").resolve())]
    arguments += [str(world / "lvis/images/val" / name) for name in list(new.objects)[:PICTURES]]
    arguments += ["--out", str(predicted.resolve()), "--device", "cpu"]
    run_command("predict", arguments, folder / "console.log")
    draw_new_classes(new, predicted / "predictions.json", pictures)
    return pictures


def _config(open_run: OpenRun) -> Path:
    return shipped_config(f"downstream/toy/{open_run.config}.py")


def _chosen(option: str, given: str, allowed: Collection[str]) -> list[str]:
    """Read a list of names.

    Raises:
        ValueError: It is empty, or a name is unknown.
    """
    names = [name.strip() for name in given.split(",") if name.strip()]
    unknown = [name for name in names if name not in allowed]
    if unknown or not names:
        raise ValueError(
            f"{option} {','.join(unknown) or repr(given)} is unknown: choose from "
            f"{','.join(allowed)}"
        )
    return list(dict.fromkeys(names))


def _check_inputs(checkpoint: str, world: Path) -> None:
    """Check what all runs need, before the first one.

    Raises:
        FileNotFoundError: It is not there.
    """
    from iclip.checkpoints import weights_exist

    if not weights_exist(checkpoint):
        raise FileNotFoundError(f"there is no checkpoint {checkpoint}")
    part = world / "open_vocabulary"
    if not part.is_dir():
        raise FileNotFoundError(
            f"there is no {part}: draw what is missing of the toy world with "
            f"python tools/make_toy_data.py --root {world}"
        )
