"""Compare the six methods and their controls on the toy world, with mean and spread over seeds.

    python tools/compare_methods.py

Draws the world if it is not there, trains what is missing, two runs at a time on one thread each,
prints a Markdown table and writes a report. It can be stopped at any time: called again, it
continues. The first runs of all methods come before the second ones, so that an early table has all
rows.
"""

import argparse
import time
from functools import partial
from pathlib import Path

from iclip.benchmarks.toy.method_comparison import (
    CONTROLS,
    METHODS,
    RATIOS,
    WITHOUT_COMBINATIONS,
    ComparedMethod,
    comparison_table,
    finished_runs,
    read_metrics,
    write_shuffled_descriptions,
)
from iclip.commands import make_toy_data, report
from iclip.commands.command_line import parse
from iclip.commands.scripts import run_command, run_side_by_side
from iclip.files.atomic import write_atomically
from iclip.files.one_owner import one_owner
from iclip.shipped_configs import shipped_config

ARMS = {"all": METHODS + CONTROLS, "methods": METHODS, "ratios": RATIOS}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--samples", type=int, default=96_000, help="samples per run")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each method, seeds 0, 1, ...")
    parser.add_argument("--world-seed", type=int, default=2, help="1 is the one for tuning")
    parser.add_argument("--out", type=Path, default=Path("work_dirs/compare"), help="all results")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time, one thread each")
    parser.add_argument(
        "--arms",
        choices=ARMS,
        default="all",
        help="'ratios': pairs to labelled images as in Table 1, and UniCL (default: %(default)s)",
    )
    parser.add_argument("--table", action="store_true", help="print what there is, train nothing")


def run(args: argparse.Namespace) -> None:
    """Train what is missing, print the table and write the report.

    Raises:
        CommandFailed: A run failed.
        ValueError: Another comparison is being made in this folder.
    """
    methods = ARMS[args.arms]
    folder = args.out / f"world{args.world_seed}_samples{args.samples}"
    if not args.table:
        with one_owner(folder, "--out", print):
            prepare_world(args.world_seed, folder)
            runs = [
                partial(train, method, seed, folder, args.samples)
                for seed in range(args.seeds)
                for method in methods
            ]
            run_side_by_side(runs, args.jobs)
    results = {
        method.name: finished_runs(method, folder, args.seeds, args.samples) for method in methods
    }
    table = comparison_table(results)
    file = folder / ("table.md" if args.arms == "all" else f"table_{args.arms}.md")
    write_atomically(file, table)
    print(f"\n{table}\n{file}")
    report.run(parse(report, [str(folder), "--out", str(folder / "report.html")]))


def prepare_world(seed: int, folder: Path) -> None:
    """Draw the world of a seed, the controls' pairs and their shuffled class texts."""
    world, fewer_captions = folder / "data/toy", folder / WITHOUT_COMBINATIONS / "toy"
    for arguments in (
        ["--root", str(world), "--only", "labelled,pairs,retrieval"],
        ["--root", str(fewer_captions), "--only", "pairs", "--pairs-without-new-combinations"],
    ):
        make_toy_data.run(parse(make_toy_data, ["--seed", str(seed), *arguments]))
    write_shuffled_descriptions(world, folder)


def train(method: ComparedMethod, seed: int, folder: Path, samples: int) -> str:
    """Train one run, or continue it; returns a line about it."""
    run, count = folder / method.folder / f"seed{seed}", method.iterations(samples)
    name = f"{method.name}, seed {seed}"
    if read_metrics(run, count) is not None:
        return f"{name}: was there"
    options = {key: value.format(folder=folder) for key, value in method.options.items()}
    options |= {
        "train_cfg.max_iters": str(count),
        "train_cfg.val_interval": str(count),
        # A run has one thread in all, so it reads its data itself.
        "train_dataloader.num_workers": "0",
        "train_dataloader.persistent_workers": "False",
        "default_hooks.checkpoint.interval": "250",
    }
    config = shipped_config(f"configs/micro/{method.config}.py")
    arguments = [str(config), "--work-dir", str(run), "--resume", "--seed", str(seed)]
    arguments += ["--cfg-options", *(f"{key}={value}" for key, value in options.items())]
    started = time.monotonic()
    run_command(
        "train", arguments, run / "console.log", environment={"ICLIP_DATA": str(folder / "data")}
    )
    return f"{name}: {(time.monotonic() - started) / 60:.1f} minutes"
