"""What a task of fine-tuning says about itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from iclip.finetune.asked import Asked
from iclip.finetune.choice import Choice
from iclip.finetune.config_text import ConfigPart
from iclip.finetune.scaling import Recipe
from iclip.own_data import OwnData


class Prepare(Protocol):
    """Writes what a training reads."""

    def __call__(self, data: OwnData, folder: Path) -> None:
        """Write the files of all parts into a folder, each whole; again, where some are there."""


@dataclass(frozen=True)
class FinetuneTask:
    """What is particular to a task.

    Attributes:
        name: One of :mod:`iclip.tasks`.
        recipe: The recipe's numbers that follow the size of the data.
        best: The metric that picks the best checkpoint, by the format of the data.
        prepare: Writes the folder ``data`` of a run.
        median_side: Median of the training samples' shorter sides in pixels; None if unknown.
        data_set: Settings of a part's data set: ``(data, part, folder)``, with the folder as the
            config is to write it.
        metric: Settings of a part's metric, in the same way.
        config: Parts of the config that is written, behind its ``_base_``.
        text_model: What of the model's settings differs with a classifier by words, whose settings
            it is given (see :meth:`~iclip.finetune.class_words.ClassWords.classifier`).
        closing: What else a finished run says, a line each.
    """

    name: str
    recipe: Recipe
    best: Callable[[OwnData], str]
    prepare: Prepare
    median_side: Callable[[OwnData], int | None]
    data_set: Callable[[OwnData, str, str], dict[str, Any]]
    metric: Callable[[OwnData, str, str], dict[str, Any]]
    config: Callable[[Choice], Sequence[ConfigPart]]
    text_model: Callable[[Choice, Mapping[str, Any]], dict[str, Any]]
    closing: Callable[[Path, OwnData, Asked], Sequence[str]] | None = None
