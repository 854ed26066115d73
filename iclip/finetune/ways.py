"""Three ways to classify the validation images: fine-tuned, linear probe, and zero-shot.

The last two show what the checkpoint tells apart as it is: whether fine-tuning was worth it.
"""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from iclip.finetune.asked import Asked
from iclip.finetune.class_words import TABLE
from iclip.finetune.run_folder import DATA_FOLDER
from iclip.messages import first_line
from iclip.own_data import OwnData
from iclip.own_data.data_set import TRAIN, VAL
from iclip.results import Result, load_validation, save_result
from iclip.results.run_files import BEST_METRICS_FILE

# The results that a run's folder keeps, and the report shows.
PROBE_FILE, ZERO_SHOT_FILE = "linear_probe.json", "zero_shot.json"
FINE_TUNED, PROBED, ZERO_SHOT = "fine-tuning", "linear probe", "zero-shot"
SCORE = "accuracy/top1"


class Way(NamedTuple):
    """What one way came to.

    Attributes:
        name: The way.
        top1: Accuracy in percent; None where it was not measured.
        told: How it was measured, or why not.
    """

    name: str
    top1: float | None
    told: str


def compare_ways(folder: Path, data: OwnData, asked: Asked) -> list[Way]:
    """Measure the ways on the validation images, and keep their results in the run's folder.

    Args:
        folder: A folder of ``iclip finetune classification``.
        data: Its data.
        asked: What the user asked for.
    """
    tuned = _fine_tuned(folder, data)
    if asked.checkpoint is None:
        told = "not measured: the training began with random weights"
        return [tuned, Way(PROBED, None, told), Way(ZERO_SHOT, None, told)]
    return [tuned, *_frozen_ways(folder, data, asked, asked.checkpoint)]


def way_lines(ways: Sequence[Way]) -> list[str]:
    """Lay out the ways for people, a line each."""
    lines = ["Three ways to classify the validation images, top-1 in percent:"]
    for way in ways:
        value = "     -" if way.top1 is None else f"{way.top1:6.2f}"
        lines.append(f"  {way.name:<14}{value}  {way.told}")
    return lines


def _fine_tuned(folder: Path, data: OwnData) -> Way:
    if not (folder / BEST_METRICS_FILE).is_file():
        return Way(FINE_TUNED, None, "not measured: no validation had a score")
    score = load_validation(folder / BEST_METRICS_FILE).metrics.get(SCORE)
    return Way(FINE_TUNED, score, f"the best checkpoint, {len(data.parts[VAL]):,} images")


def _frozen_ways(folder: Path, data: OwnData, asked: Asked, checkpoint: str) -> list[Way]:
    """Measure the ways that leave the checkpoint as it is."""
    # Not above: they import torch and open_clip.
    import torch

    from iclip.text.class_texts import read_class_texts
    from iclip.zeroshot.class_folders import labelled_files
    from iclip.zeroshot.frozen_ways import ClassifiedImages, FrozenModel, probe_of, zero_shot_of

    train, val = (
        labelled_files([(sample.file, sample.label) for sample in data.parts[part]], data.root)
        for part in (TRAIN, VAL)
    )
    images = ClassifiedImages(data.classes, train, val)
    written = folder / DATA_FOLDER / TABLE
    # What a classifier by words reads is of these classes alone, in their order.
    table = written if written.is_file() else asked.class_texts

    def zero_shot() -> Result:
        texts = None if table is None else read_class_texts(table)
        return zero_shot_of(model, images, texts)

    with tempfile.TemporaryDirectory() as cache:
        device = asked.device or ("cuda" if torch.cuda.is_available() else "cpu")
        model = FrozenModel(checkpoint, Path(cache), device=device)
        return [
            _measured(PROBED, folder / PROBE_FILE, lambda: probe_of(model, images)),
            _measured(ZERO_SHOT, folder / ZERO_SHOT_FILE, zero_shot),
        ]


def _measured(name: str, file: Path, measure: Callable[[], Result]) -> Way:
    """Measure a way and keep its result; what hinders it is said in its place."""
    try:
        result = measure()
    except (OSError, ValueError) as error:
        return Way(name, None, f"not measured: {first_line(error)}")
    save_result(file, result)
    (part,) = result.sets
    told = ", ".join((f"{part.images:,} images", *part.notes))
    return Way(name, part.score, f"{Path(result.model).name} as it is, {told}")
