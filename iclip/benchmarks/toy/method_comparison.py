"""The six methods and their controls on the toy world, at the same number of samples.

A compared method is a shipped config with a few options. Each of its runs has its own seed and
folder, so that a comparison that was interrupted continues where it stopped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from iclip.results import METRICS_FILE, load_validation
from iclip.results.toy_tables import PRE_TRAINING_COLUMNS, first_values, mean_and_spread
from iclip.text.class_texts import ClassText, ClassTexts, read_class_texts, write_class_texts

BATCH_SIZE = 128  # of the configs in configs/micro


@dataclass(frozen=True)
class ComparedMethod:
    """One row of the table.

    Attributes:
        name: Name in the table.
        config: Name of a config in ``configs/micro``, without ``.py``.
        options: What differs from it, as in ``--cfg-options``.
        samples: Share of the comparison's samples that a run sees.
    """

    name: str
    config: str
    options: Mapping[str, str] = field(default_factory=dict)
    samples: float = 1.0

    @property
    def folder(self) -> str:
        """Name of the folder that holds its runs."""
        return self.name.replace(",", "").replace(" : ", "-").replace(" ", "_")

    def iterations(self, samples: int) -> int:
        """Return the iterations of a run where the comparison has so many samples."""
        return round(samples * self.samples / BATCH_SIZE)


_SHUFFLED = {
    "model.class_prompts.class_texts": "{folder}/seen_shuffled.jsonl",
    "val_evaluator.0.0.class_texts": "{folder}/all_shuffled.jsonl",
    "val_evaluator.0.1.class_texts": "{folder}/all_shuffled.jsonl",
}
_LABELS_ONLY = {"train_dataloader.batch_sampler.ratio": "(1,0)"}
# A world with the same labels, in which no caption is about a combination without labels.
WITHOUT_COMBINATIONS = "data_without_new_combinations"
_FEWER_CAPTIONS = {
    "train_dataloader.dataset.pairs.shards": f"{{folder}}/{WITHOUT_COMBINATIONS}/toy/pairs"
}
_DESCRIPTIONS = {"model.class_prompts.variant": "name_description"}

METHODS = (
    ComparedMethod("supervised", "supervised"),
    ComparedMethod("CLIP", "clip"),
    ComparedMethod("multi-task", "multitask"),
    ComparedMethod("UniCL", "unicl"),
    ComparedMethod("iCLIP, names", "iclip_names"),
    ComparedMethod("iCLIP", "iclip"),
)
CONTROLS = (
    ComparedMethod("supervised, labels matched", "supervised", samples=0.5),
    ComparedMethod("UniCL, descriptions", "unicl", _DESCRIPTIONS),
    ComparedMethod("iCLIP, shuffled descriptions", "iclip", _SHUFFLED),
    ComparedMethod("iCLIP, labels only", "iclip", _LABELS_ONLY),
    ComparedMethod("iCLIP, no captions of new combinations", "iclip", _FEWER_CAPTIONS),
)


def _ratio(labelled: int, pairs: int) -> dict[str, str]:
    """Set the labelled images and the pairs of a batch."""
    return {"train_dataloader.batch_sampler.ratio": f"({labelled},{pairs})"}


# The paper's tables 1 and 2 in small: shares of pairs and labelled images in percent, with CLIP
# and UniCL beside them. 13 of 128 samples stand for 10 %.
RATIOS = (
    ComparedMethod("CLIP", "clip"),
    ComparedMethod("iCLIP, 90 : 10", "iclip", _ratio(13, 115)),
    ComparedMethod("iCLIP, 75 : 25", "iclip", _ratio(32, 96)),
    ComparedMethod("iCLIP", "iclip"),
    ComparedMethod("iCLIP, 25 : 75", "iclip", _ratio(96, 32)),
    ComparedMethod("iCLIP, 10 : 90", "iclip", _ratio(115, 13)),
    ComparedMethod("UniCL", "unicl"),
)


def write_shuffled_descriptions(world: Path, folder: Path, seed: int = 0) -> None:
    """Write class texts in which each labelled class has another one's description.

    Classes that are never labelled keep theirs.

    Args:
        world: Root of the toy world.
        folder: Receives ``seen_shuffled.jsonl`` and ``all_shuffled.jsonl``.
        seed: Seed of the permutation, a cycle through all labelled classes.
    """
    seen = read_class_texts(world / "class_texts_seen.jsonl")
    others = read_class_texts(world / "class_texts_all.jsonl")[len(seen) :]
    order = np.random.default_rng(seed).permutation(len(seen)).tolist()
    donor = dict(zip(order, order[1:] + order[:1], strict=True))
    shuffled = [
        ClassText(text.id, text.names, seen[donor[i]].description) for i, text in enumerate(seen)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    write_class_texts(folder / "seen_shuffled.jsonl", ClassTexts(shuffled))
    write_class_texts(folder / "all_shuffled.jsonl", ClassTexts([*shuffled, *others]))


def read_metrics(run: Path, iterations: int) -> dict[str, float] | None:
    """Read the scores of a finished run; None if it has not reached its last iteration.

    Raises:
        ValueError: Its file is damaged.
    """
    path = run / METRICS_FILE
    if not path.is_file():
        return None
    result = load_validation(path)
    return result.metrics if result.settings.iteration >= iterations else None


def finished_runs(
    method: ComparedMethod, folder: Path, seeds: int, samples: int
) -> list[dict[str, float]]:
    """Read the scores of a method's finished runs, seeds 0, 1, ... below a folder."""
    runs = [folder / method.folder / f"seed{seed}" for seed in range(seeds)]
    found = [read_metrics(run, method.iterations(samples)) for run in runs]
    return [metrics for metrics in found if metrics is not None]


def comparison_table(results: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """Lay out a Markdown table with a row per method: mean and sample standard deviation.

    Args:
        results: By the method's name, the scores of its finished runs.
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
