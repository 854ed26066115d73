"""The heads of a model that was fine-tuned before, for data of the same classes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from iclip.checkpoints.model_files import ModelFile, read_model_file
from iclip.messages import counted, listing, printable
from iclip.own_data import OwnData
from iclip.own_data.class_order import with_classes


@dataclass(frozen=True)
class Heads:
    """Where the heads' weights come from.

    Attributes:
        why: The reason, in words.
        model: The fine-tuned model whose backbone and heads are taken; None for new heads.
    """

    why: str
    model: ModelFile | None = None


NEW = Heads("the backbone; the heads are new")


def choose_heads(checkpoint: str | None, task: str, classes: Sequence[str]) -> Heads:
    """Choose the heads of a training: those of the checkpoint, if it is a model of its classes.

    Args:
        checkpoint: What ``--checkpoint`` names; one that names a part has no heads.
        task: The task, one of :mod:`iclip.tasks`.
        classes: Names of the data's classes, in any order.
    """
    if checkpoint is None or "#" in checkpoint:
        return NEW
    try:
        model = read_model_file(Path(checkpoint))
    except (ValueError, FileNotFoundError):
        # A backbone's weights, which have been read already: a file, or a folder of another
        # library; or a checkpoint of pre-training.
        return NEW
    if model.task != task:
        return NEW
    if model.classes is None:
        return Heads("the backbone; the file names no classes, so the heads are new")
    others = sorted(set(model.classes) ^ set(classes))
    if others:
        named = printable(listing(others, 3))
        return Heads(f"the backbone; the heads are new, since classes differ ({named})")
    same = counted(len(classes), "class", "classes")
    return Heads(f"backbone and heads, of the same {same}", model)


def that_differ(what: str) -> Heads:
    """Return new heads, since the model of the same classes is built otherwise.

    Args:
        what: What differs, in words.
    """
    return Heads(f"the backbone; the heads are new, since the model differs in {what}")


def in_order_of(heads: Heads, data: OwnData) -> OwnData:
    """Return data whose labels are those of the heads."""
    if heads.model is None:
        return data
    assert heads.model.classes is not None
    ordered = with_classes(data, heads.model.classes)
    if ordered is data:
        return data
    return replace(ordered, notes=(*data.notes, "the order of the classes is the checkpoint's"))
