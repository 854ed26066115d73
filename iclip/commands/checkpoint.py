"""Verify checkpoints, say what they hold, or compare two.

    python tools/checkpoint.py work_dirs/iclip_swinb                 # all files of a folder
    python tools/checkpoint.py work_dirs/iclip_swinb/latest.pth
    python tools/checkpoint.py iter_1000.pth iter_2000.pth           # what differs
    python tools/checkpoint.py model.safetensors --json
    python tools/checkpoint.py hf-hub:org/name

Each file is read whole, and its checksums are compared. Exit code 1: one is damaged. Files of other
libraries are listed as far as the hub reads them; only those of torch.save, and what `iclip push`
wrote, hold checksums.
"""

import argparse
import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from iclip.commands.command_line import CommandFailed
from iclip.messages import listing, printable_lines

if TYPE_CHECKING:
    from iclip.checkpoints.overview import Overview

# What files with weights are called.
SUFFIXES = (".pth", ".pt", ".bin", ".safetensors", ".pkl")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a file, a folder, hf-hub:org/name, or two to compare",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> None:
    """Print what was found.

    Raises:
        CommandFailed: A file is damaged.
    """
    from iclip.checkpoints.hub_files import local_path
    from iclip.checkpoints.overview import look_at
    from iclip.checkpoints.overview_text import file_text, folder_text

    paths = [Path(local_path(path)) for path in args.paths]
    if len(paths) > 2 or (len(paths) == 2 and any(map(is_folder_of_files, paths))):
        raise ValueError(
            f"{len(paths)} paths: name a file or folder to verify it, or two files to compare them"
        )
    files = [look_at(file) for path in paths for file in files_of(path)]
    readable = all(file.tensors is not None for file in files)
    if len(paths) == 2 and readable:
        page = comparison(files, args.json)
    elif args.json:
        page = json.dumps([file.as_json() for file in files], indent=1)
    elif is_folder_of_files(paths[0]):
        page = f"{folder_text(files)}\n{resume_point(paths[0])}"
    else:
        page = "\n".join(map(file_text, files))
    print(printable_lines(page))
    damaged = [file.path for file in files if file.damage is not None]
    if damaged:
        raise CommandFailed(f"damaged, of {len(files)}: {listing(damaged)}")


def is_folder_of_files(path: Path) -> bool:
    """Whether a path is a folder with checkpoints in it, and not one checkpoint of many files."""
    from iclip.checkpoints.model_folders import is_model_folder

    return path.is_dir() and not is_model_folder(path)


def files_of(path: Path) -> list[Path]:
    """List the checkpoints of a folder, the oldest first, or the checkpoint itself.

    Raises:
        OSError: There is none.
    """
    from iclip.checkpoints.unreadable_files import missing_file

    if not is_folder_of_files(path):
        if not path.exists():
            raise FileNotFoundError(missing_file(path))
        return [path]
    # latest.pth names one of the others.
    files = [
        f for f in path.iterdir() if f.suffix in SUFFIXES and f.is_file() and not f.is_symlink()
    ]
    if not files:
        raise FileNotFoundError(f"{path} holds no file {', '.join('*' + s for s in SUFFIXES)}")
    return sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.name))


def resume_point(folder: Path) -> str:
    """Say which checkpoint of a folder a run would go on from."""
    from iclip.engine.saving.checkpoint_files import choose_checkpoint

    try:
        chosen = choose_checkpoint(folder).path
    except ValueError as error:
        return f"--resume stops: {error}"
    if chosen is None:
        return "--resume finds none to go on from"
    return f"--resume takes {chosen.resolve().name}"


def comparison(files: "list[Overview]", as_json: bool) -> str:
    """Compare the configs and the weights of two files."""
    from iclip.checkpoints.comparison import compare_tensors
    from iclip.checkpoints.overview import read_state
    from iclip.checkpoints.overview_text import difference_text
    from iclip.engine.hooks.exact_resume import changed_settings

    (meta, weights), (other_meta, other_weights) = (read_state(Path(f.path)) for f in files)
    settings = changed_settings(str(meta.get("cfg", "")), str(other_meta.get("cfg", "")))
    changes = compare_tensors(weights, other_weights)
    first, second = files
    if not as_json:
        return difference_text(first, second, settings, changes)
    # JSON knows neither NaN nor infinity.
    numbers = {name: c if math.isfinite(c) else str(c) for name, c in changes.changed.items()}
    page = {
        "first": first.as_json(),
        "second": second.as_json(),
        "settings": settings,
        "tensors": {**asdict(changes), "changed": numbers},
    }
    return json.dumps(page, indent=1)
