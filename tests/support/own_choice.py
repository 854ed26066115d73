"""Data sets of users' own that are not on a disk, and the settings chosen for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from iclip.finetune.asked import Asked
from iclip.finetune.backbone import Backbone
from iclip.finetune.choice import Choice, DataFacts, Machine, choose
from iclip.finetune.class_words import ClassWords
from iclip.finetune.scaling import Recipe
from iclip.own_data import OwnData

MICRO_ARCH = dict(embed_dims=48, depths=(2, 2), num_heads=(3, 6))
CPU = Machine("cpu", 1, 2)
GPU = Machine("cuda", 1, 16)


@dataclass(frozen=True)
class StoodIn:
    """A sample of any task: a file with labels."""

    SAMPLES: ClassVar[str] = "images"
    LABELLED: ClassVar[str] = "boxes"

    file: str
    class_labels: Sequence[int] = (0,)
    width: int = 640
    height: int = 480


def own_data(
    task: str = "detection", classes: Sequence[str] = ("cat", "dog"), train: int = 40, **fields: Any
) -> OwnData:
    """A data set of so many training samples and ten others."""
    parts: Mapping[str, Sequence[Any]] = {
        "train": [StoodIn(f"{i}.jpg", (i % len(classes),)) for i in range(train)],
        "val": [StoodIn(f"val_{i}.jpg") for i in range(10)],
    }
    settings = dict(format="YOLO", root=Path("/data/pets")) | fields
    return OwnData(task=task, classes=tuple(classes), parts=parts, **settings)


def backbone(arch: Any = "tiny", **fields: Any) -> Backbone:
    """A backbone from random weights."""
    settings = dict(window_size=7, stem="patch", checkpoint=None, why="as asked") | fields
    return Backbone(arch=arch, **settings)


def micro_backbone() -> Backbone:
    """The quickstart's backbone."""
    return backbone(MICRO_ARCH, window_size=4, stem="conv", checkpoint="/w/latest.pth")


def choice_for(
    recipe: Recipe,
    data: OwnData | None = None,
    swin: Backbone | None = None,
    machine: Machine = GPU,
    median_side: int | None = 480,
    words: ClassWords | None = None,
    **asked: Any,
) -> Choice:
    """The settings for a data set on a machine."""
    data = data or own_data()
    counts = [0] * len(data.classes)
    for sample in data.parts["train"]:
        for label in set(sample.class_labels):
            counts[label] += 1
    return choose(
        Asked(data.task, "pets", **asked),
        data,
        DataFacts(len(data.parts["train"]), median_side, counts),
        swin or backbone(),
        machine,
        recipe,
        words,
    )
