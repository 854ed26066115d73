"""Show what a run on the toy world has learnt, beside what guessing would give.

python tools/show_metrics.py work_dirs/quickstart
"""

import os
import sys
from pathlib import Path

from iclip.command_line import report_user_errors, tool_parser
from iclip.toy.summary import read_summary


def main() -> int:
    """Run the command line; returns the exit status."""
    parser = tool_parser("show_metrics", __doc__)
    parser.add_argument("work_dir", type=Path, help="folder of the run")
    args = parser.parse_args()
    return report_user_errors(lambda: show(args.work_dir), args.traceback)


def show(work_dir: Path) -> None:
    """Print the table."""
    print(read_summary(work_dir, Path(os.environ.get("ICLIP_DATA", "data")) / "toy"))
    print(f"Logs, TensorBoard events and checkpoints: {work_dir.resolve()}")


if __name__ == "__main__":
    sys.exit(main())
