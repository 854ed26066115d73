"""Box average precision on LVIS of a file of detections.

    python tools/eval_lvis.py --ann lvis_v1_val.json --results results.json

The numbers are those of the LVIS authors' own API, v0.5 and v1 files alike, in percent.
"""

import argparse
import json
import sys
from pathlib import Path

from iclip.command_line import report_user_errors, tool_parser
from iclip.evaluation.lvis_ap import evaluate_file


def main() -> int:
    """Run the command line; returns the exit status."""
    parser = tool_parser("eval_lvis", __doc__)
    parser.add_argument("--ann", type=Path, required=True, help="LVIS annotation file")
    parser.add_argument(
        "--results",
        type=Path,
        required=True,
        help="JSON list of {image_id, category_id, bbox: [x, y, width, height], score}",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    return report_user_errors(lambda: evaluate(args), args.traceback)


def evaluate(args: argparse.Namespace) -> None:
    """Print the figures."""
    figures = evaluate_file(args.ann, args.results)
    if args.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{name:<6}{value:7.2f}" for name, value in figures.items()))


if __name__ == "__main__":
    sys.exit(main())
