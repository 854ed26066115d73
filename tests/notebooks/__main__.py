"""Run the notebooks as Jupyter does, on the toy world and the quickstart's weights.

    python -m tests.notebooks [NAME ...] [--out DIR]

ICLIP_DATA (default: data) holds the toy world, and ICLIP_CHECKPOINT names the weights (default:
work_dirs/quickstart/latest.pth): tools/quickstart.sh makes both. Each notebook is kept with what it
printed and drew. The first cell that fails ends it, with exit code 1.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

REPO = Path(__file__).resolve().parents[2]
NOTEBOOKS = REPO / "notebooks"
# Seconds that a cell may take; the longest trains for two epochs.
CELL_TIMEOUT = 600


def main() -> int:
    """Run what was asked for; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.notebooks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    known = sorted(path.stem for path in NOTEBOOKS.glob("*.py"))
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    parser.add_argument("--out", type=Path, default=REPO / "work_dirs/notebooks")
    args = parser.parse_args()
    unknown = set(args.names) - set(known)
    if unknown:
        parser.error(f"no notebook {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    checkpoint = REPO / os.environ.get("ICLIP_CHECKPOINT", "work_dirs/quickstart/latest.pth")
    if not checkpoint.is_file():
        parser.error(f"there is no {checkpoint}: tools/quickstart.sh makes it")
    args.out.mkdir(parents=True, exist_ok=True)
    return max([run(name, args.out) for name in args.names or known])


def run(name: str, out: Path) -> int:
    """Run a notebook, and keep it; return 1 if a cell failed."""
    notebook = jupytext.read(NOTEBOOKS / f"{name}.py")
    started = time.monotonic()
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        coalesce_streams=True,  # or a line would be broken wherever it came in two pieces
        kernel_name="python3",
        resources={"metadata": {"path": str(REPO)}},
    )
    try:
        client.execute()
        failure = None
    except CellExecutionError as error:
        failure = str(error)
    nbformat.write(notebook, out / f"{name}.ipynb")
    print(f"{name}: {time.monotonic() - started:.0f} s, {out / name}.ipynb", flush=True)
    if failure is not None:
        print(failure, file=sys.stderr)
    return int(failure is not None)


if __name__ == "__main__":
    sys.exit(main())
