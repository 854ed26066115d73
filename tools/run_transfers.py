"""Detection, segmentation and video on the toy world, from a pre-trained backbone and from scratch.

    python tools/run_transfers.py work_dirs/quickstart/latest.pth --out work_dirs/quickstart

trains six small models, two at a time on one thread each, and prints their figures beside each
other. Stop it when you like: called again, it continues.
"""

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from iclip.toy.transfers import TRANSFERS, transfer_table

ROOT = Path(__file__).resolve().parents[1]


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
    print(f"\n{transfer_table(args.out)}")
    return 0


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
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with open(run / "console.log", "a") as log:
        code = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=log, stderr=log, check=False
        ).returncode
    if code:
        raise RuntimeError(f"{config} ended with exit code {code}; see {run / 'console.log'}")
    return "trained"


if __name__ == "__main__":
    sys.exit(main())
