"""Box average precision on LVIS of a file of detections.

    python tools/eval_lvis.py --ann lvis_v1_val.json --results results.json

The scores, in percent, equal those of the LVIS authors' own API, for v0.5 and v1 files alike.
"""

import argparse
import json
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--ann", type=Path, required=True, help="LVIS annotation file")
    parser.add_argument(
        "--results",
        type=Path,
        required=True,
        help="JSON list of {image_id, category_id, bbox: [x, y, width, height], score}",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> None:
    """Print the scores."""
    from iclip.evaluation.lvis_ap import evaluate_file

    scores = evaluate_file(args.ann, args.results)
    if args.json:
        print(json.dumps(scores))
    else:
        print("\n".join(f"{name:<6}{value:7.2f}" for name, value in scores.items()))
