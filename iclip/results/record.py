"""What an evaluation measured, on which data, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from iclip import __version__
from iclip.results.class_scores import ClassScores
from iclip.results.details import Classification, Probe, Retrieval, UnreadImages, WordMaps
from iclip.this_command import this_command

SCHEMA = "iclip.result/2"
ZERO_SHOT, RETRIEVAL, PROBE, WORD_MAPS = "zero-shot", "retrieval", "probe", "word maps"
TOOL_KINDS = (ZERO_SHOT, RETRIEVAL, PROBE, WORD_MAPS)
# See CONTRIBUTING, decision 18.
TIE_RULE = "equal scores count against the model, and what is not finite never counts"


@dataclass(frozen=True)
class SetResult:
    """What was measured on one data set.

    Attributes:
        names: What the names of its scores begin with, such as ``imagenet1k``. There are several
            if the data set was evaluated in several ways, and none for a score such as ``mIoU``.
        scores: Scores by whole name, such as ``imagenet1k/top1``. Those of the tools are in
            percent; those in a run's folder are as the framework returns them
            (:func:`iclip.tasks.in_percent`).
        images: Number of images that the scores count; None if unknown.
        expected: Number of images that the protocol counts; None if unknown.
        place: Where the data lie, as the config says.
        split: The split in words.
        protocol: The protocol that the evaluation follows or comes near, such as
            ``imagenet1k/val``; None for own data.
        deviations: Each way in which the evaluation differs from that protocol, in words.
        notes: How the data were read, in words.
        unread: Images that were listed and could not be read.
        left_out: Files that are not images, in words.
        detail: What the kind of evaluation adds.
        per_class: Scores of each class; None if they were not kept.
        seconds: Time that the evaluation took; None if not measured.
    """

    names: tuple[str, ...]
    scores: Mapping[str, float]
    images: int | None = None
    expected: int | None = None
    place: str | None = None
    split: str = ""
    protocol: str | None = None
    deviations: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unread: UnreadImages = field(default_factory=UnreadImages)
    left_out: str = ""
    detail: Classification | Retrieval | Probe | WordMaps | None = None
    per_class: ClassScores | None = None
    seconds: float | None = None

    @property
    def name(self) -> str:
        """The data set's name."""
        return " + ".join(self.names)

    @property
    def score(self) -> float:
        """The first score, which is the protocol's own."""
        return next(iter(self.scores.values()))

    @property
    def short_scores(self) -> dict[str, float]:
        """Scores by the end of their names, such as ``top1``."""
        return {key.removeprefix(f"{self.name}/"): value for key, value in self.scores.items()}


@dataclass(frozen=True)
class Settings:
    """What all data sets of an evaluation share; None and empty stand for what is not known.

    Attributes:
        checkpoint: SHA-256 of the file of weights.
        weights: Fingerprint of the weights as loaded, equal for equal weights in any file.
        method: Type of the pre-trained model, such as ``ICLIP``.
        iteration: Iterations that the model was trained for.
        samples_seen: Samples that the model has seen in pre-training.
        device: ``cpu`` or ``cuda``.
        precision: ``fp32``, ``bf16`` or ``fp16``.
        image_size: Side of the square that the model sees, in pixels; of word maps, the shorter
            side of the whole image.
        resize: Short side before that square is cut out, in pixels.
        features: What an image's embedding is: ``projection`` or ``pooled``.
        loader: The evaluated loader of the config: ``val_dataloader`` or ``test_dataloader``.
        views: Clips of a video and crops of a frame that one prediction averages.
        augmentation: Views of an image that one prediction averages, in words; empty: the image
            alone.
        processes: Number of ranks.
        protocol: What a run's scores are comparable with, as the evaluation's config names it.
    """

    checkpoint: str | None = None
    weights: str = ""
    method: str | None = None
    iteration: int = 0
    samples_seen: int | None = None
    device: str = ""
    precision: str = ""
    image_size: int | None = None
    resize: int | None = None
    features: str = ""
    loader: str = ""
    views: tuple[int, int] | None = None
    augmentation: str = ""
    processes: int | None = None
    protocol: str = ""


@dataclass(frozen=True)
class Provenance:
    """Where a result comes from: date (UTC), command line, version of the hub, file of weights."""

    date: str = ""
    command: str = ""
    version: str = ""
    file: str = ""

    @classmethod
    def now(cls, file: str = "") -> "Provenance":
        """Describe this process.

        Args:
            file: The file of weights; empty if the weights do not come from a file.
        """
        date = datetime.now(timezone.utc).isoformat(timespec="seconds")
        return cls(date, this_command(), __version__, file)


@dataclass(frozen=True)
class Result:
    """An evaluation.

    Attributes:
        kind: ``zero-shot``, ``retrieval``, ``probe``, ``word maps``, or the task of a config
            (:mod:`iclip.tasks`).
        sets: What was measured on each data set.
        settings: What the data sets share.
        provenance: Where the result comes from.
        model: The model as the user named it; empty for the model of a config.
        suite: The suite of zero-shot classification; empty for other kinds.
        not_there: Data sets that could not be evaluated, and why.
        recorded: Whether the file says how it was measured; files of early versions do not.
        tie_rule: How equal scores count; empty in files of early versions.
    """

    kind: str
    sets: tuple[SetResult, ...]
    settings: Settings = field(default_factory=Settings)
    provenance: Provenance = field(default_factory=Provenance)
    model: str = ""
    suite: str = ""
    not_there: tuple[str, ...] = ()
    recorded: bool = True
    tie_rule: str = TIE_RULE

    @property
    def metrics(self) -> dict[str, float]:
        """All scores by whole name."""
        return {name: value for part in self.sets for name, value in part.scores.items()}

    @property
    def is_test(self) -> bool:
        """Whether the test's loader of a config was used, not the validation's."""
        return self.settings.loader == "test_dataloader"
