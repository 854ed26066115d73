"""Which of the classes that a transfer did not train its pre-training's labels have.

A config says where to look, see :mod:`iclip.text.new_class_setting`.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iclip.messages import counted, listing
from iclip.report.causes import pretraining_of
from iclip.report.run import Run
from iclip.report.run_reader import read_run
from iclip.settings import get_setting
from iclip.text.class_texts import ClassText, read_class_texts
from iclip.text.new_class_setting import SETTING, read_new_classes
from iclip.text.shared_classes import SharedClass, shared_classes, without
from iclip.text.sources.lvis import lvis_synsets
from iclip.text.sources.wordnet import WordNet

_LABELS = "model.class_prompts.class_texts"
_NAMED = 12  # classes that a table's cell names


@dataclass(frozen=True)
class NewClasses:
    """New classes of a run, and those of them that its pre-training's labels have.

    Attributes:
        run: The run's name.
        new: Classes that were tested and not trained.
        shared: Those that the pre-training's labels have as well.
        labels: The table of the pre-training's labels, as its config names it.
    """

    run: str
    new: tuple[ClassText, ...]
    shared: tuple[SharedClass, ...]
    labels: str

    @property
    def share(self) -> float:
        """The share of the new classes that the labels have; 0 without new classes."""
        return len(self.shared) / len(self.new) if self.new else 0.0

    @property
    def shared_in_words(self) -> str:
        """Name the classes that the labels have, and count those that a name alone tells."""
        named = [entry for entry in self.shared if not entry.by_id]
        told = listing([entry.new.names[0] for entry in self.shared], _NAMED) or "-"
        return told + (
            f"; {counted(len(named), 'class', 'classes')} by name alone" if named else ""
        )

    @property
    def others_in_words(self) -> str:
        """Name the classes that the labels do not have."""
        shared = {entry.new.id for entry in self.shared}
        others = [text.names[0] for text in self.new if text.id not in shared]
        return listing(others, _NAMED) or "-"

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for the report's JSON."""
        return {
            "run": self.run,
            "labels": self.labels,
            "new": [text.names[0] for text in self.new],
            "shared": [
                {"new": entry.new.names[0], "known": entry.known.names[0], "by_id": entry.by_id}
                for entry in self.shared
            ],
        }


def all_new_classes(runs: Sequence[Run]) -> tuple[list[NewClasses], list[tuple[str, str]]]:
    """Look up the new classes of every run whose config names them.

    Returns:
        What was found; and each run where it could not be told, with the reason.
    """
    found, problems = [], []
    for run in runs:
        if run.config.get(SETTING) is None:
            continue
        try:
            found.append(new_classes(run, runs))
        except (OSError, ValueError) as error:
            problems.append((run.name, f"{SETTING}: {error}"))
    return found, problems


def new_classes(run: Run, runs: Sequence[Run]) -> NewClasses:
    """Look up the new classes of a run in its pre-training's labels.

    Args:
        run: A run whose config has ``new_classes``.
        runs: All runs, among which the pre-training may be.

    Raises:
        OSError: A table cannot be read.
        ValueError: The setting or a table is malformed, or the pre-training is not known.
    """
    asked = read_new_classes(run.config)
    assert asked is not None, "the caller asks only about runs that have the setting"
    new = _tested_not_trained(run, asked)
    labels = asked.get("pretrained") or _labels_of_pretraining(run, runs)
    shared = shared_classes(new, read_class_texts(labels))
    return NewClasses(run.name, tuple(new), tuple(shared), str(labels))


def _tested_not_trained(run: Run, asked: Mapping[str, str]) -> list[ClassText]:
    frequency = asked.get("frequency")
    if frequency is None:
        tested = read_class_texts(asked["tested"])
        return without(tested, read_class_texts(asked["trained"]))
    if asked["tested"].endswith(".json"):
        return lvis_synsets(asked["tested"], frequency, WordNet())
    return _of_frequency(run, read_class_texts(asked["tested"]), frequency)


def _of_frequency(run: Run, tested: Sequence[ClassText], group: str) -> list[ClassText]:
    """Choose the classes of one of LVIS's groups, which the scores of each class tell."""
    classes = run.classes.classes if run.classes else ()
    if len(classes) != len(tested):
        raise ValueError(
            f"frequency={group!r} needs the scores of each class, in the order of the table: there "
            f"are {len(classes):,} scores and {len(tested):,} class texts"
        )
    pairs = zip(tested, classes, strict=True)
    return [text for text, entry in pairs if entry.frequency == group]


def _labels_of_pretraining(run: Run, runs: Sequence[Run]) -> str:
    before = pretraining_of(run, runs)
    checkpoint = get_setting(run.config, "model.backbone.checkpoint")
    if before is None and isinstance(checkpoint, str) and os.path.isfile(checkpoint):
        before = read_run(Path(checkpoint).parent, "")
    labels = get_setting(before.config, _LABELS) if before else None
    if not isinstance(labels, str):
        raise ValueError(
            f"the labels of the pre-training are not known: no run here has written {checkpoint}. "
            "Name its folder as well, or set new_classes.pretrained to its class-text table"
        )
    return labels
