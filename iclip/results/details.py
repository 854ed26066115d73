"""What a result keeps besides its scores: unread images, and what each kind of evaluation adds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# Names of unread images that a file keeps; their count is exact.
_MAX_NAMES = 100


@dataclass(frozen=True)
class Unread:
    """Images that were listed and could not be read.

    Attributes:
        count: How many.
        names: Names of the first 100 of them.
    """

    count: int = 0
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, names: Sequence[str]) -> "Unread":
        """Count images by their names."""
        return cls(len(names), tuple(names[:_MAX_NAMES]))


@dataclass(frozen=True)
class UnreadImages:
    """Images that could not be decoded, and images that were not there."""

    broken: Unread = field(default_factory=Unread)
    missing: Unread = field(default_factory=Unread)


@dataclass(frozen=True)
class Classification:
    """What zero-shot classification adds.

    Attributes:
        classes: Number of classes from which one was predicted.
        classes_with_images: How many of them had an image.
        expected_classes: Number of classes of the protocol; None if it has no fixed number.
        variant: What a class text held: ``name``, ``description`` or ``name_description``.
        templates: Prompt templates, with ``{}`` for the name.
        class_texts: SHA-256 of ids, names and descriptions, in order.
        descriptions: The user's table that the class texts come from; None without one.
    """

    classes: int | None = None
    classes_with_images: int | None = None
    expected_classes: int | None = None
    variant: str = ""
    templates: tuple[str, ...] = ()
    class_texts: str = ""
    descriptions: str | None = None


@dataclass(frozen=True)
class Retrieval:
    """What retrieval adds.

    Attributes:
        captions: Number of captions of the images that were read.
        expected_captions: Number of captions of the protocol; None if it has no fixed number.
        annotations: File that holds the captions.
    """

    captions: int | None = None
    expected_captions: int | None = None
    annotations: str = ""


@dataclass(frozen=True)
class WordMaps:
    """What segmentation by words, without a training, adds.

    Attributes:
        words: Names of the classes, in the order of their numbers.
        background: Names of what else there may be, which is never right.
        first_number: Number of the first word in the label maps.
        templates: Prompt templates, or the name of a set of them.
        class_texts: SHA-256 of ids, names and descriptions, in order.
        stride: Pixels of the resized image per position of the map.
    """

    words: tuple[str, ...] = ()
    background: tuple[str, ...] = ()
    first_number: int = 0
    templates: str = ""
    class_texts: str = ""
    stride: int | None = None


@dataclass(frozen=True)
class LinearProbe:
    """Logistic regression on all training images.

    Attributes:
        top1: Accuracy on the test images in percent.
        validation: Accuracy in percent on the held-out fifth of the training images, by which
            ``C`` was chosen.
        C: scikit-learn's inverse strength of the regularization.
    """

    top1: float = math.nan
    validation: float = math.nan
    C: float = math.nan


@dataclass(frozen=True)
class FewShot:
    """Top-1 with a few images per class, in percent: mean and deviation over the draws."""

    mean: float = math.nan
    spread: float = math.nan
    top1: tuple[float, ...] = ()


@dataclass(frozen=True)
class Probe:
    """What a probe adds.

    Attributes:
        train: Folder of the images that the probe was fitted to, as the user wrote it.
        test: Folder of the images that it was tested on, as the user wrote it.
        train_images: Number of training images that were read.
        classes: Number of classes of the training images.
        probe: The probe on all training images.
        few_shot: Accuracies by number of images per class.
        shots_left_out: Which numbers were left out, and why; empty if none was.
    """

    train: str = ""
    test: str = ""
    train_images: int | None = None
    classes: int | None = None
    probe: LinearProbe = field(default_factory=LinearProbe)
    few_shot: Mapping[str, FewShot] = field(default_factory=dict)
    shots_left_out: str = ""
