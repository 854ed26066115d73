"""The resolved choice: every setting that follows from the data, with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from iclip.finetune import scaling
from iclip.finetune.asked import LINEAR, TEXT, Asked
from iclip.finetune.backbone import Backbone, weights_in_words
from iclip.finetune.class_words import ClassWords
from iclip.finetune.heads import NEW, Heads
from iclip.finetune.scaling import Recipe, Ruled
from iclip.own_data import OwnData
from iclip.own_data.data_set import TRAIN, VAL

T = TypeVar("T")


@dataclass(frozen=True)
class Machine:
    """What a training runs on.

    Attributes:
        device: ``cuda`` or ``cpu``.
        processes: Processes of the run on this machine.
        cores: Cores that they share.
    """

    device: str
    processes: int
    cores: int


@dataclass(frozen=True)
class DataFacts:
    """What the rules ask of a data set.

    Attributes:
        samples: Training samples.
        median_side: Median of the shorter sides in pixels; None if unknown.
        samples_of_class: Training samples that show each class; empty if unknown.
    """

    samples: int
    median_side: int | None
    samples_of_class: Sequence[int]


@dataclass(frozen=True)
class Row:
    """A line of the table that the user reads.

    Attributes:
        setting: What was chosen; the option that changes it, where there is one.
        value: Its value in words.
        why: The reason.
    """

    setting: str
    value: str
    why: str


@dataclass(frozen=True)
class Choice:
    """The settings of a fine-tuning.

    Attributes:
        data: The data set.
        backbone: The backbone.
        machine: What it runs on.
        image_size: Side in pixels: of the shorter side, or of a crop.
        batch_size: Samples that a process computes at once.
        workers: Data workers of each process.
        epochs: Passes over the training samples.
        steps: Steps of the run.
        warm_up: Steps of the warm-up.
        base_rate: The learning rate for the recipe's batch; mmengine scales it to the run's.
        drop_path: Probability of dropped branches in the last block.
        repeat_threshold: Threshold of repeat-factor sampling; None without it.
        mirror: Whether half of the training samples are mirrored.
        freeze: ``frozen_stages`` of the backbone; -1 trains all.
        layer_decay: Factor of the learning rate from a layer to the one before it; None for the
            recipe's.
        heads: Where the heads' weights come from.
        words: The words of the classes; None with a linear classifier.
        rows: The table of the choice.
    """

    data: OwnData
    backbone: Backbone
    machine: Machine
    image_size: int
    batch_size: int
    workers: int
    epochs: int
    steps: int
    warm_up: int
    base_rate: float
    drop_path: float
    repeat_threshold: float | None
    mirror: bool
    freeze: int
    layer_decay: float | None
    heads: Heads
    rows: tuple[Row, ...]
    words: ClassWords | None = None

    @property
    def epoch_steps(self) -> int:
        """Steps of an epoch."""
        return self.steps // self.epochs

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.data.classes

    @property
    def untrained(self) -> list[int]:
        """Labels of the classes that no training sample shows; empty where only masks would tell.

        A classifier by words leaves them out of the training's softmax, which would push them away.
        """
        shown = {label for sample in self.data.parts[TRAIN] for label in sample.class_labels}
        return [label for label in range(len(self.classes)) if label not in shown] if shown else []


class _Table:
    """Collects the rows while the settings are chosen."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def say(self, setting: str, value: object, why: str) -> None:
        """Add a row."""
        self.rows.append(Row(setting, str(value), why))

    def take(self, setting: str, asked: T | None, ruled: Ruled[T]) -> T:
        """Add the row of a setting with an option; returns what was asked for, or the rule's."""
        value = ruled.value if asked is None else asked
        self.say(setting, value, ruled.why if asked is None else "as asked")
        return value


def choose(
    asked: Asked,
    data: OwnData,
    facts: DataFacts,
    backbone: Backbone,
    machine: Machine,
    recipe: Recipe,
    words: ClassWords | None = None,
    heads: Heads = NEW,
) -> Choice:
    """Apply the rules to a data set, and the user's options over them.

    Args:
        asked: The user's options.
        data: The data set.
        facts: What the rules ask of it.
        backbone: The backbone.
        machine: What the run has.
        recipe: The task's recipe.
        words: The words of the classes; None with a linear classifier.
        heads: Where the heads' weights come from.

    Raises:
        ValueError: ``--freeze`` names more stages than the backbone has.
    """
    table, size, samples = _Table(), backbone.size, facts.samples
    table.say("data", f"{len(data.parts[TRAIN]):,} + {len(data.parts[VAL]):,}", "train + val")
    table.say("--model", backbone.label, backbone.why)
    table.say("--checkpoint", weights_in_words(backbone), heads.why)
    side = scaling.image_side(size, recipe, machine.device, facts.median_side)
    image_size = table.take("--image-size", asked.image_size, side)
    batch = scaling.batch_size(samples, recipe, backbone.stem, machine.processes)
    batch_size = table.take("--batch-size", asked.batch_size, batch)
    epochs = table.take("--epochs", asked.epochs, scaling.epochs(samples, recipe))
    steps = epochs * scaling.epoch_steps(samples, batch_size, machine.processes)
    table.say("steps", f"{steps:,}", f"{epochs:,} x {steps // epochs:,} of an epoch")
    warm_up = table.take("warm-up", None, scaling.warm_up(steps, recipe))
    rate = scaling.learning_rate(size, batch_size * machine.processes, recipe)
    table.say("learning rate", f"{rate.value:.3g}", rate.why)
    drop_path = table.take("drop path", None, scaling.drop_path(size, epochs * samples, recipe))
    repeats = scaling.repeat_threshold(samples, facts.samples_of_class, recipe)
    if recipe.repeats_rare:
        table.say("repeated classes", repeats.value or "none", repeats.why)
    mirror = scaling.mirror(data.classes)
    table.say("mirrored", "half" if mirror.value else "none", mirror.why)
    workers = scaling.workers(machine.device, machine.cores, machine.processes)
    table.say("data workers", workers.value, workers.why)
    freeze = -1 if asked.freeze is None else _checked_freeze(asked.freeze, backbone)
    frozen = ("none", "all stages are trained") if freeze < 0 else (freeze, "as asked")
    table.say("--freeze", *frozen)
    decay = Ruled(recipe.layer_decay, "the recipe's")
    table.take("--layer-decay", asked.layer_decay, decay)
    if words is None:
        table.say("--classifier", LINEAR, "as asked" if asked.classifier else "the default")
    else:
        table.say("--classifier", TEXT, f"{words.embed_dim} dimensions of the joint space")
        table.say("class texts", f"{len(words.texts):,}", words.why)
    return Choice(
        data=data, backbone=backbone, machine=machine, image_size=image_size,
        batch_size=batch_size, workers=workers.value, epochs=epochs, steps=steps, warm_up=warm_up,
        base_rate=recipe.learning_rates[size], drop_path=drop_path,
        repeat_threshold=repeats.value, mirror=mirror.value, freeze=freeze,
        layer_decay=asked.layer_decay, heads=heads, rows=tuple(table.rows), words=words,
    )  # fmt: skip


def choice_table(choice: Choice) -> str:
    """Lay out the choice for people: setting, value, reason, a line each."""
    widths = [
        max(len(text) for text in column) for column in zip(*map(_cells, choice.rows), strict=True)
    ]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(_cells(row), widths, strict=True))
        for row in choice.rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def _cells(row: Row) -> tuple[str, str, str]:
    return row.setting, row.value, row.why


def _checked_freeze(freeze: int, backbone: Backbone) -> int:
    stages = len(backbone.sizes.depths)
    if freeze > stages:
        raise ValueError(
            f"--freeze is {freeze}: {backbone.label} has {stages} stages; give 0, for the stem, up "
            f"to {stages}"
        )
    return freeze
