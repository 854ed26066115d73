"""Detection, segmentation and video on the toy world, from a pre-trained backbone and from scratch.

    python tools/run_transfers.py work_dirs/quickstart/latest.pth --out work_dirs/quickstart

Trains six small models, two at a time on one thread each, prints their scores beside each other,
and draws what the three pre-trained ones predict on a few held-out images and clips. It can be
stopped at any time: called again, it continues.
"""

import argparse
from functools import partial
from pathlib import Path

from iclip.benchmarks.toy.transfer_comparison import TRANSFERS, Transfer, transfer_table
from iclip.commands.scripts import run_command, run_side_by_side
from iclip.data_root import data_root
from iclip.files.one_owner import one_owner

PICTURES = 6  # per task


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("checkpoint", help="the pre-trained backbone, or hf-hub:org/name")
    parser.add_argument("--out", type=Path, default=Path("work_dirs/transfers"), help="results")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time, one thread each")


def run(args: argparse.Namespace) -> None:
    """Train what is missing and print the table.

    Raises:
        FileNotFoundError: There is no checkpoint.
        CommandFailed: A run failed.
        ValueError: Another process writes into this folder.
    """
    from iclip.checkpoints import weights_exist

    if not weights_exist(args.checkpoint):
        raise FileNotFoundError(f"there is no checkpoint {args.checkpoint}")
    configs = [config for transfer in TRANSFERS for config in transfer.configs()]
    with one_owner(args.out, "--out", print):
        run_side_by_side(
            [partial(train, config, args.checkpoint, args.out) for config in configs], args.jobs
        )
        print(f"\n{transfer_table(args.out)}\n")
        for transfer in TRANSFERS:
            print(f"Predictions as pictures: {draw(transfer, args.out)}")


def train(config: str, checkpoint: str, out: Path) -> str:
    """Train one config, or continue it; returns a line about it."""
    from iclip.checkpoints.hub_names import resolved

    run = out / config
    if (run / "metrics.json").is_file():
        return f"{config}: was there"
    arguments = [f"downstream/toy/{config}.py", "--work-dir", str(run.resolve()), "--resume"]
    arguments += ["--device", "cpu"]
    if not config.endswith("_scratch"):
        arguments += ["--checkpoint", resolved(checkpoint)]
    run_command("train", arguments, run / "console.log")
    return f"{config}: trained"


def draw(transfer: Transfer, out: Path) -> Path:
    """Predict on held-out files with the pre-trained model; returns the pictures' folder."""
    run = out / transfer.config
    pictures = run / "pictures"
    if (pictures / "predictions.json").is_file():
        return pictures
    world = data_root() / "toy"
    files = sorted(map(str, world.glob(transfer.held_out)))[:PICTURES]
    arguments = [f"downstream/toy/{transfer.config}.py", str((run / "latest.pth").resolve())]
    arguments += [*files, "--out", str(pictures.resolve()), "--device", "cpu"]
    run_command("predict", arguments, run / "console.log")
    return pictures
