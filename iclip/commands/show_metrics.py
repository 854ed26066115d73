"""Show what a run on the toy world has learnt, beside what guessing would give.

python tools/show_metrics.py work_dirs/quickstart
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

from iclip.data_root import data_root
from iclip.results import METRICS_FILE, load_validation
from iclip.text.class_texts import read_class_texts

# Width of the labels' column.
WIDTH = 52
KINDS = {
    "seen": "categories labelled in training",
    "new_combination": "new combinations of known words",
    "new_word": "shapes that only captions showed",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("work_dir", type=Path, help="folder of the run")


def run(args: argparse.Namespace) -> None:
    """Print the table."""
    print(read_summary(args.work_dir, data_root() / "toy"))
    print(f"Logs, TensorBoard events and checkpoints: {args.work_dir.resolve()}")


def read_summary(work_dir: Path, world: Path) -> str:
    """Summarize a run on a toy world.

    Raises:
        FileNotFoundError: The run has no ``metrics.json``.
        ValueError: That file is damaged.
    """
    path = work_dir / METRICS_FILE
    if not path.is_file():
        raise FileNotFoundError(
            f"{work_dir} holds no metrics.json: a run writes it after its first validation. Train "
            f"one with: tools/pretrain.sh configs/micro/iclip.py --work-dir {work_dir}"
        )
    counts = {
        kind: len(read_class_texts(world / f"class_texts_{kind}.jsonl")) for kind in (*KINDS, "all")
    }
    return summary(load_validation(path).metrics, counts)


def summary(metrics: Mapping[str, float], num_classes: Mapping[str, int]) -> str:
    """Lay out the scores of a run, each beside what guessing would give.

    Args:
        metrics: Scores by metric; a metric that is absent has no line.
        num_classes: Number of classes of each kind, and of ``all``.
    """
    lines = [f"{'zero-shot top-1 (%)':<{WIDTH}}{'model':>8}{'chance':>8}"]
    for kind, words in KINDS.items():
        for suffix, group in (("", kind), ("_among_all", "all")):
            value = metrics.get(f"{kind}{suffix}/top1")
            if value is not None:
                count = num_classes[group]
                label = f"  {words}, {count} classes"
                lines.append(f"{label:<{WIDTH}}{value:8.1f}{100 / count:8.1f}")
    recalls = [name for name in metrics if name.startswith("retrieval/")]
    if recalls:
        lines.append("retrieval (%)")
        names = {"tr": "image to text", "ir": "text to image"}
        for name in recalls:
            direction, _, k = name.removeprefix("retrieval/").partition("_r")
            if direction not in names:
                continue
            lines.append(f"{f'  {names[direction]}, recall@{k}':<{WIDTH}}{metrics[name]:8.1f}")
    return "\n".join(lines) + "\n"
