"""Detection, segmentation and video on the toy world, from a pre-trained backbone and from scratch.

    python tools/run_transfers.py work_dirs/quickstart/latest.pth --out work_dirs/quickstart

trains six small models, two at a time on one thread each, prints their figures beside each other,
and draws what the three pre-trained ones predict on a few held-out images and clips. Stop it when
you like: called again, it continues.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from iclip.toy.transfers import TRANSFERS, Transfer, transfer_table

ROOT = Path(__file__).resolve().parents[1]
PICTURES = 6  # of each task


def main() -> int:
    """Train what is missing and print the table; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path, help="the pre-trained backbone")
    parser.add_argument("--out", type=Path, default=Path("work_dirs/transfers"), help="results")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time, one thread each")
    args = parser.parse_args()
    if not args.checkpoint.is_file():
        print(f"run_transfers: there is no checkpoint {args.checkpoint}", file=sys.stderr)
        return 2
    configs = [config for transfer in TRANSFERS for config in transfer.configs()]
    started = time.monotonic()
    with ThreadPoolExecutor(args.jobs) as pool:
        jobs = {pool.submit(train, config, args.checkpoint, args.out): config for config in configs}
        for done, job in enumerate(as_completed(jobs), start=1):
            passed = (time.monotonic() - started) / 60
            print(f"[{done}/{len(jobs)}] {jobs[job]}: {job.result()}, {passed:.1f} min", flush=True)
    print(f"\n{transfer_table(args.out)}\n")
    for transfer in TRANSFERS:
        print(f"Predictions as pictures: {draw(transfer, args.out)}")
    return 0


def draw(transfer: Transfer, out: Path) -> Path:
    """Predict on held-out files with the pre-trained model; returns the pictures' folder.

    Raises:
        RuntimeError: It failed; names its log.
    """
    run = out / transfer.config
    pictures = run / "pictures"
    if (pictures / "predictions.json").is_file():
        return pictures
    world = Path(os.environ.get("ICLIP_DATA", "data")) / "toy"
    files = sorted(map(str, world.glob(transfer.held_out)))[:PICTURES]
    command = [sys.executable, str(ROOT / "tools/predict.py")]
    command += [f"downstream/toy/{transfer.config}.py", str((run / "latest.pth").resolve()), *files]
    call([*command, "--out", str(pictures.resolve()), "--device", "cpu"], run / "console.log")
    return pictures


def train(config: str, checkpoint: Path, out: Path) -> str:
    """Train one config, or continue it; says what happened.

    Raises:
        RuntimeError: The run failed; names its log.
    """
    run = out / config
    if (run / "metrics.json").is_file():
        return "was there"
    run.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(ROOT / "tools/train.py"), f"downstream/toy/{config}.py"]
    command += ["--work-dir", str(run.resolve()), "--resume", "--device", "cpu"]
    if not config.endswith("_scratch"):
        command += ["--checkpoint", str(checkpoint.resolve())]
    call(command, run / "console.log")
    return "trained"


def call(command: Sequence[str], log: Path) -> None:
    """Run a command on one thread from the repository's root, its output in a log.

    Raises:
        RuntimeError: It failed; names the log.
    """
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with open(log, "a") as file:
        code = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=file, stderr=file, check=False
        ).returncode
    if code:
        raise RuntimeError(f"{Path(command[1]).name} ended with exit code {code}; see {log}")


if __name__ == "__main__":
    sys.exit(main())
