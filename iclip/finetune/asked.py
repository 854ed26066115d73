"""What the user asked for, as the command line says it, and as a run's folder keeps it."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from iclip.files.atomic import write_atomically
from iclip.files.text import read_text

# What ``--model`` takes: names of :data:`iclip.models.swin.arch.ARCHITECTURES`.
MODELS = {"swin_t": "tiny", "swin_s": "small", "swin_b": "base", "swin_l": "large"}
# What ``--classifier`` takes.
LINEAR, TEXT = "linear", "text"
CLASSIFIERS = (LINEAR, TEXT)
# Name of the record in a run's folder.
ASKED_FILE = "finetune.json"
# Options that a continued run may change: none of them changes what is trained.
_MAY_CHANGE = ("out", "gpus", "device", "class_texts")


@dataclass(frozen=True)
class Asked:
    """The options of ``iclip finetune``; None where an option was not given.

    Attributes:
        task: One of :mod:`iclip.tasks`.
        data: The folder or file of the data.
        format: The data's format, where the user named it.
        out: The run's folder.
        model: Key of :data:`MODELS`.
        checkpoint: The weights to start from.
        epochs: Passes over the training samples.
        image_size: Side in pixels.
        batch_size: Samples that a process computes at once.
        freeze: Stages that are not trained, 0 for the stem alone.
        layer_decay: Factor of the learning rate from each layer to the one before.
        gpus: Processes on this machine, or ``all``.
        device: ``cuda`` or ``cpu``.
        seed: The run's seed.
        class_texts: Table of class texts for a classifier by words, and for zero-shot
            classification.
        classifier: ``linear`` or ``text``.
        allow_unseen_classes: Whether validation may have classes that training lacks.
        cfg_options: Settings of the config, ``KEY=VALUE`` each.
    """

    task: str
    data: str
    format: str | None = None
    out: str | None = None
    model: str | None = None
    checkpoint: str | None = None
    epochs: int | None = None
    image_size: int | None = None
    batch_size: int | None = None
    freeze: int | None = None
    layer_decay: float | None = None
    gpus: str | None = None
    device: str | None = None
    seed: int | None = None
    class_texts: str | None = None
    classifier: str | None = None
    allow_unseen_classes: bool = False
    cfg_options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for option, value, least in (
            ("--epochs", self.epochs, 1),
            ("--image-size", self.image_size, 32),
            ("--batch-size", self.batch_size, 1),
            ("--freeze", self.freeze, 0),
        ):
            if value is not None and value < least:
                raise ValueError(f"{option} is {value}; it takes a whole number from {least} up")
        if self.layer_decay is not None and not 0 < self.layer_decay <= 1:
            raise ValueError(
                f"--layer-decay is {self.layer_decay:g}; it takes a number above 0, at most 1"
            )

    def save(self, folder: Path) -> None:
        """Write the record into a run's folder."""
        content = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        write_atomically(folder / ASKED_FILE, content + "\n")

    @classmethod
    def load(cls, folder: Path) -> "Asked":
        """Read the record of a run's folder.

        Raises:
            ValueError: It is damaged, or of another version; the message names it.
        """
        file = folder / ASKED_FILE
        try:
            content = json.loads(read_text(file))
            return cls(**content | {"cfg_options": tuple(content["cfg_options"])})
        except (TypeError, ValueError, KeyError) as error:
            raise ValueError(
                f"{file} is not the record of a fine-tuning ({error}). Continue the run with "
                f"iclip train {folder / 'config.py'} --resume"
            ) from error

    def continued_by(self, again: "Asked") -> "Asked":
        """Return what a command with ``--resume`` asks for: this run's options, as it began.

        Args:
            again: The options of that command.

        Raises:
            ValueError: An option differs from that of the run's beginning.
        """
        merged = {}
        for entry in fields(self):
            first, now = getattr(self, entry.name), getattr(again, entry.name)
            differs = is_given(now) and _comparable(entry.name, now) != _comparable(
                entry.name, first
            )
            if differs and entry.name not in _MAY_CHANGE:
                option = option_of(entry.name)
                began = f"with {_shown(option, first)}" if is_given(first) else "without it"
                raise ValueError(
                    f"--resume with {_shown(option, now)}, but the run began {began}. Leave "
                    f"{option} out to continue it, or give another --out to start a new one"
                )
            merged[entry.name] = now if is_given(now) else first
        return Asked(**merged)


def is_given(value: Any) -> bool:
    """Whether a value is that of an option which the user gave; 0 is one."""
    return value is not None and value is not False and value != ()


def option_of(name: str) -> str:
    """Return the option of a field of :class:`Asked`."""
    return f"--{name.replace('_', '-')}"


def _comparable(name: str, value: Any) -> Any:
    """Return a value in which two ways of writing a path are equal."""
    return str(Path(value).resolve()) if name in ("data", "checkpoint") and value else value


def _shown(option: str, value: Any) -> str:
    if value is True:
        return option
    return f"{option} {' '.join(value) if isinstance(value, tuple) else value}"
