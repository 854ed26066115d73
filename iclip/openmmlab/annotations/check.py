"""Check each data set of a downstream config by the rules of its reader, then compare them."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from mmengine.config import Config

from iclip.files.annotations import collector_paused
from iclip.findings import SHOWN_EXAMPLES, Findings, keep_checked_data
from iclip.messages import listing
from iclip.openmmlab.annotations.categories import difference_of_labels
from iclip.openmmlab.annotations.checked_data import CheckedData
from iclip.openmmlab.annotations.class_words import class_word_problems
from iclip.openmmlab.annotations.configured_data_sets import (
    ConfiguredDataSet,
    configured_data_sets,
    head_class_counts,
)
from iclip.openmmlab.annotations.evaluators import check_evaluators

Check = Callable[[ConfiguredDataSet, Mapping[str, int]], CheckedData]

_PACKAGE = "iclip.openmmlab.annotations"
# By framework and base class of a data set, the module of the package and the function that check
# it. They are named and not imported, because each imports its framework.
_CHECKS = {
    ("mmdet", "CocoDataset"): ("detection", "check_detection"),
    ("mmseg", "BaseSegDataset"): ("segmentation", "check_segmentation"),
    ("mmaction", "VideoDataset"): ("videos", "check_videos"),
}


def check_annotations(cfg: Config) -> Findings:
    """Check the data sets of a downstream config before its run starts.

    A config of pre-training has no findings: its data sets have checks of their own.
    """
    if cfg.get("default_scope") == "iclip":
        return Findings()
    sources, problems = configured_data_sets(cfg)
    # A head may have other classes for evaluation than for training.
    heads = {tested: head_class_counts(cfg.get("model"), tested=tested) for tested in (False, True)}
    findings, checked = Findings(tuple(problems)), []
    for source in sources:
        check = _check_for(source.dataset)
        if check is None:
            kind = f"{source.setting}.type={source.type_name}"
            findings += Findings(
                notes=(f"Annotations: {kind} is of a kind whose contents are not checked",)
            )
            continue
        with collector_paused():
            data = check(source, heads[not _is_training(source)])
        checked.append((source, data))
        findings += data.findings + Findings(read=data.read)
    # The check of the metrics' files does not repeat what is wrong in a data set's file.
    faulty = {source.dataset.ann_file for source, data in checked if data.findings.problems}
    findings += _compare(checked, same_classes=heads[False] == heads[True])
    findings += check_evaluators(cfg, sources, faulty)
    findings += Findings(tuple(class_word_problems(cfg, checked)))
    keep_checked_data(findings.read)
    return findings


def _check_for(dataset: Any) -> Check | None:
    """Find the check of a data set's base class; None if it has none."""
    for base in type(dataset).__mro__:
        entry = _CHECKS.get((base.__module__.partition(".")[0], base.__name__))
        if entry is not None:
            module, function = entry
            return getattr(importlib.import_module(f"{_PACKAGE}.{module}"), function)
    return None


def _compare(checked: list[tuple[ConfiguredDataSet, CheckedData]], same_classes: bool) -> Findings:
    """Compare each data set with the first one: the meaning of labels, and shared files.

    Args:
        checked: The data sets.
        same_classes: Whether the model has the same classes in training and evaluation.
    """
    problems, notes = [], []
    for source, data in checked[1:]:
        first_source, first = checked[0]
        one_meaning = same_classes or _is_training(source) == _is_training(first_source)
        if data.names is not None and first.names is not None and one_meaning:
            difference = difference_of_labels(
                (_name(first_source), first.names), (_name(source), data.names)
            )
            problems += [f"Annotations: {difference}"] if difference else []
        shared = sorted(first.files & data.files)
        if shared and _is_training(first_source) != _is_training(source):
            notes.append(
                f"Annotations: {len(shared):,} of {len(data.files):,} files of {_name(source)} are "
                f"in {_name(first_source)}, too ({listing(shared, SHOWN_EXAMPLES)}): scores on "
                "training data say nothing about other data"
            )
    return Findings(tuple(problems), tuple(notes))


def _name(source: ConfiguredDataSet) -> str:
    """Name a data set in a message."""
    return f"{source.dataset.ann_file or source.type_name} ({source.setting})"


def _is_training(source: ConfiguredDataSet) -> bool:
    return source.place.startswith("train")
