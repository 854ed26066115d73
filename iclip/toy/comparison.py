"""The six methods and their controls on the toy world, at the same number of samples.

Each arm is one shipped config and a few options; each run is one call of tools/train.py in a folder
of its own, so that a comparison which was interrupted continues where it stopped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from iclip.results import METRICS_FILE, load_validation
from iclip.results.toy_tables import PRE_TRAINING_COLUMNS, first_values, mean_and_spread
from iclip.text.class_texts import ClassText, ClassTexts, read_class_texts, write_class_texts


@dataclass(frozen=True)
class Arm:
    """One row of the table.

    Attributes:
        name: As shown.
        config: Name of a config in ``configs/micro``, without ``.py``.
        options: What differs from it, as in ``--cfg-options``.
        samples: Share of the comparison's samples that this arm sees.
    """

    name: str
    config: str
    options: Mapping[str, str] = field(default_factory=dict)
    samples: float = 1.0

    @property
    def folder(self) -> str:
        """Name of the folder that holds its runs."""
        return self.name.replace(",", "").replace(" : ", "-").replace(" ", "_")


_SHUFFLED = {
    "model.class_prompts.class_texts": "{folder}/seen_shuffled.jsonl",
    "val_evaluator.0.0.class_texts": "{folder}/all_shuffled.jsonl",
    "val_evaluator.0.1.class_texts": "{folder}/all_shuffled.jsonl",
}
_LABELS_ONLY = {"train_dataloader.batch_sampler.ratio": "(1,0)"}
# Same labels, but no caption about a combination that labels do not show.
WITHOUT_COMBINATIONS = "data_without_new_combinations"
_FEWER_CAPTIONS = {
    "train_dataloader.dataset.pairs.shards": f"{{folder}}/{WITHOUT_COMBINATIONS}/toy/pairs"
}
_DESCRIPTIONS = {"model.class_prompts.variant": "name_description"}

METHODS = (
    Arm("supervised", "supervised"),
    Arm("CLIP", "clip"),
    Arm("multi-task", "multitask"),
    Arm("UniCL", "unicl"),
    Arm("iCLIP, names", "iclip_names"),
    Arm("iCLIP", "iclip"),
)
CONTROLS = (
    Arm("supervised, labels matched", "supervised", samples=0.5),
    Arm("UniCL, descriptions", "unicl", _DESCRIPTIONS),
    Arm("iCLIP, shuffled descriptions", "iclip", _SHUFFLED),
    Arm("iCLIP, labels only", "iclip", _LABELS_ONLY),
    Arm("iCLIP, no captions of new combinations", "iclip", _FEWER_CAPTIONS),
)


def _ratio(labelled: int, pairs: int) -> dict[str, str]:
    """Labelled images and pairs of a batch of 128."""
    return {"train_dataloader.batch_sampler.ratio": f"({labelled},{pairs})"}


# Table 1 and 2 in small: share of pairs and of labelled images in percent, and UniCL beside iCLIP.
# 13 of 128 stands for 10 %.
RATIOS = (
    Arm("CLIP", "clip"),
    Arm("iCLIP, 90 : 10", "iclip", _ratio(13, 115)),
    Arm("iCLIP, 75 : 25", "iclip", _ratio(32, 96)),
    Arm("iCLIP", "iclip"),
    Arm("iCLIP, 25 : 75", "iclip", _ratio(96, 32)),
    Arm("iCLIP, 10 : 90", "iclip", _ratio(115, 13)),
    Arm("UniCL", "unicl"),
)


def write_shuffled_descriptions(world: Path, folder: Path, seed: int = 0) -> None:
    """Writes class texts whose seen classes have each other's descriptions, none its own.

    Classes that are never labelled keep theirs.

    Args:
        world: Root of the toy world.
        folder: Receives ``seen_shuffled.jsonl`` and ``all_shuffled.jsonl``.
        seed: Of the permutation, a cycle through all classes.
    """
    seen = read_class_texts(world / "class_texts_seen.jsonl")
    others = read_class_texts(world / "class_texts_all.jsonl")[len(seen) :]
    order = np.random.default_rng(seed).permutation(len(seen)).tolist()
    giver = dict(zip(order, order[1:] + order[:1], strict=True))
    shuffled = [
        ClassText(text.id, text.names, seen[giver[i]].description) for i, text in enumerate(seen)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    write_class_texts(folder / "seen_shuffled.jsonl", ClassTexts(shuffled))
    write_class_texts(folder / "all_shuffled.jsonl", ClassTexts([*shuffled, *others]))


def read_metrics(run: Path, iterations: int) -> dict[str, float] | None:
    """Read a finished run's metrics; None if it has not reached its last iteration.

    Raises:
        ValueError: Its file is damaged.
    """
    path = run / METRICS_FILE
    if not path.is_file():
        return None
    result = load_validation(path)
    return result.metrics if result.settings.iteration >= iterations else None


def comparison_table(results: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """A Markdown table: one row an arm, mean and sample standard deviation over its seeds.

    Args:
        results: For each arm's name the metrics of its finished runs.
    """
    lines = [
        "| method | " + " | ".join(PRE_TRAINING_COLUMNS) + " | seeds |",
        "|---" * (len(PRE_TRAINING_COLUMNS) + 2) + "|",
    ]
    for name, runs in results.items():
        cells = [
            mean_and_spread(first_values(runs, names)) for names in PRE_TRAINING_COLUMNS.values()
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {len(runs)} |")
    return "\n".join(lines) + "\n"
