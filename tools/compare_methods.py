"""Compare the six methods and their controls on the toy world, with mean and spread over seeds.

    python tools/compare_methods.py

draws the world if it is not there, trains what is missing, two runs at a time on one thread each,
prints a Markdown table and writes a report. Stop it when you like: called again, it continues. The
first runs of all arms come before the second ones, so an early table is already whole.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from iclip.toy.comparison import (
    CONTROLS,
    METHODS,
    RATIOS,
    WITHOUT_COMBINATIONS,
    Arm,
    comparison_table,
    read_metrics,
    write_shuffled_descriptions,
)

TOOLS = Path(__file__).resolve().parent
BATCH_SIZE = 128
ARMS = {"all": METHODS + CONTROLS, "methods": METHODS, "ratios": RATIOS}


def parse_arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=96_000, help="samples a run")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each arm, seeds 0, 1, ...")
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
    return parser.parse_args()


def main() -> int:
    """Train what is missing and print the table; returns the exit status."""
    args = parse_arguments()
    arms = ARMS[args.arms]
    folder = args.out / f"world{args.world_seed}_samples{args.samples}"
    if not args.table:
        prepare_world(args.world_seed, folder)
        tasks = [(arm, seed) for seed in range(args.seeds) for arm in arms]
        try:
            train_all(tasks, args.jobs, folder, args.samples)
        except RuntimeError as error:
            print(f"compare_methods: {error}", file=sys.stderr)
            return 1
    results = {arm.name: finished(arm, args.seeds, folder, args.samples) for arm in arms}
    table = comparison_table(results)
    file = folder / ("table.md" if args.arms == "all" else f"table_{args.arms}.md")
    file.write_text(table)
    print(f"\n{table}\n{file}")
    command = [sys.executable, str(TOOLS / "report.py"), str(folder)]
    return subprocess.run([*command, "--out", str(folder / "report.html")]).returncode


def prepare_world(seed: int, folder: Path) -> None:
    """Draw the world of a seed, the controls' pairs and their shuffled class texts."""
    world, fewer_captions = folder / "data/toy", folder / WITHOUT_COMBINATIONS / "toy"
    draw = [sys.executable, str(TOOLS / "make_toy_data.py"), "--seed", str(seed)]
    parts = ["--root", str(world), "--only", "labelled,pairs,retrieval"]
    subprocess.run([*draw, *parts], check=True)
    parts = ["--root", str(fewer_captions), "--only", "pairs", "--pairs-without-new-combinations"]
    subprocess.run([*draw, *parts], check=True)
    write_shuffled_descriptions(world, folder)


def train_all(tasks: Sequence[tuple[Arm, int]], jobs: int, folder: Path, samples: int) -> None:
    """Train what is missing of some arms' seeds, a line about each run as it ends.

    Raises:
        RuntimeError: A run failed; names its log.
    """
    started = time.monotonic()
    with ThreadPoolExecutor(jobs) as pool:
        runs = [pool.submit(train, arm, seed, folder, samples) for arm, seed in tasks]
        try:
            for done, run in enumerate(as_completed(runs), start=1):
                passed = (time.monotonic() - started) / 60
                eta = passed / done * (len(runs) - done)
                print(f"[{done}/{len(runs)}] {run.result()}, eta {eta:.0f} min", flush=True)
        except RuntimeError:
            pool.shutdown(cancel_futures=True)
            raise
    print(f"\n{(time.monotonic() - started) / 60:.0f} minutes")


def iterations(arm: Arm, samples: int) -> int:
    """Iterations of one run."""
    return round(samples * arm.samples / BATCH_SIZE)


def finished(arm: Arm, seeds: int, folder: Path, samples: int) -> list[dict[str, float]]:
    """Metrics of an arm's finished runs."""
    runs = [folder / arm.folder / f"seed{seed}" for seed in range(seeds)]
    metrics = [read_metrics(run, iterations(arm, samples)) for run in runs]
    return [values for values in metrics if values is not None]


def train(arm: Arm, seed: int, folder: Path, samples: int) -> str:
    """Train one run, or continue it; returns a line about it.

    Raises:
        RuntimeError: The run failed; names its log.
    """
    run, count = folder / arm.folder / f"seed{seed}", iterations(arm, samples)
    name = f"{arm.name}, seed {seed}"
    if read_metrics(run, count) is not None:
        return f"{name}: was there"
    run.mkdir(parents=True, exist_ok=True)
    options = {key: value.format(folder=folder) for key, value in arm.options.items()}
    options |= {
        "train_cfg.max_iters": str(count),
        "train_cfg.val_interval": str(count),
        "train_dataloader.num_workers": "0",
        "train_dataloader.persistent_workers": "False",
        "default_hooks.checkpoint.interval": "250",
    }
    config = TOOLS.parent / f"configs/micro/{arm.config}.py"
    command = [sys.executable, str(TOOLS / "train.py"), str(config), "--work-dir", str(run)]
    command += ["--resume", "--seed", str(seed), "--cfg-options"]
    command += [f"{key}={value}" for key, value in options.items()]
    environment = os.environ | {"ICLIP_DATA": str(folder / "data"), "OMP_NUM_THREADS": "1"}
    started = time.monotonic()
    with open(run / "console.log", "a") as log:
        code = subprocess.run(command, env=environment, stdout=log, stderr=log).returncode
    if code:
        raise RuntimeError(f"{name} ended with exit code {code}; see {run / 'console.log'}")
    return f"{name}: {(time.monotonic() - started) / 60:.1f} minutes"


if __name__ == "__main__":
    sys.exit(main())
