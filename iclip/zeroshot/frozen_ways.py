"""What a checkpoint tells a user's classes apart by without fine-tuning: two ways.

A linear probe of its frozen features, fitted on the training images; and zero-shot, by the names of
the classes, where it has a text tower. Both classify the images that validate a fine-tuning.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from iclip.messages import one_line
from iclip.results import PROBE, ZERO_SHOT, Provenance, Result, SetResult
from iclip.text.class_texts import ClassText, ClassTexts
from iclip.text.class_words import class_words
from iclip.text.prompts import select_templates
from iclip.zeroshot.cached_embeddings import EmbeddedSet, embed
from iclip.zeroshot.class_folders import LabelledSet, Labels
from iclip.zeroshot.class_names import texts_in_order_of
from iclip.zeroshot.classification import evaluate_set
from iclip.zeroshot.classification_sets import ImageSet
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.image_readers import ImageReader
from iclip.zeroshot.loading import load_image_model, load_zero_shot_model
from iclip.zeroshot.probe import VALIDATION
from iclip.zeroshot.probe_folders import evaluate_probe
from iclip.zeroshot.records import model_settings

# Training images that the probe is fitted on, at most: logistic regression on all of a large data
# set takes hours on a CPU.
MOST_PROBED = 10_000
TEMPLATES = "openai_imagenet"
# Characters that are shown of the reason why a checkpoint has no text tower.
_SHOWN = 120
# Names that are not words: WordNet's and OpenImages' ids, and numbers.
_IDS = re.compile(r"n\d{8}|/m/\w+|[\d\W_]+|(?:class|label|category)[\W_]*\d+", re.IGNORECASE)
# A number before a name, as CUB has it: `001.Black_footed_Albatross`.
_NUMBERED = re.compile(r"\d+[._ -]+(?=\D)")
# Words without anything between them, as UCF-101 has them.
_JOINED = re.compile(r"(?:[A-Z][a-z]+){2,}")


@dataclass(frozen=True)
class ClassifiedImages:
    """A user's images with their classes.

    Attributes:
        classes: Names of the classes; a label is an index into them.
        train: Training images.
        val: Validation images.
    """

    classes: Sequence[str]
    train: LabelledSet
    val: LabelledSet


@dataclass(frozen=True)
class FrozenModel:
    """A checkpoint, and how it is evaluated.

    Attributes:
        name: The checkpoint, as for :func:`iclip.zeroshot.loading.load_image_model`.
        cache: Folder of kept embeddings.
        image_size: Side of the images in pixels; None: the checkpoint's own.
        resize: Short side before the crop in pixels; None: as the checkpoint's.
        device: ``cpu`` or ``cuda``.
        workers: Number of decoding processes.
    """

    name: str
    cache: Path
    image_size: int | None = None
    resize: int | None = None
    device: str = "cpu"
    workers: int = 0

    def load(self, loader: Callable[..., ImageTextEmbedder]) -> ImageTextEmbedder:
        """Load the model by one of the functions of :mod:`iclip.zeroshot.loading`."""
        return loader(self.name, self.device, self.image_size, self.resize)

    def embed(self, model: ImageTextEmbedder, reader: ImageReader) -> EmbeddedSet:
        """Embed images."""
        return embed(model, reader, self.cache, workers=self.workers)


def probe_of(model: FrozenModel, images: ClassifiedImages) -> Result:
    """Fit a linear probe on the training images, at most 10,000, and test it on the others.

    Raises:
        FileNotFoundError: There is no such checkpoint.
        ValueError: There is no backbone in it, or there are too few images.
    """
    labels = images.train.labels
    chosen = evenly_by_class(labels, MOST_PROBED)
    check_enough(labels[chosen])
    network = model.load(load_image_model)
    train = model.embed(network, _Some(images.train.reader, chosen))
    val = model.embed(network, images.val.reader)
    fitted = labels[chosen][train.numbers]
    # Of those that could be read.
    check_enough(fitted)
    part = evaluate_probe(
        [train, val],
        [fitted, images.val.labels[val.numbers]],
        images.classes,
        seeds=1,
        folders=("train", "val"),
        shots=(),
    )
    note = f"fitted on {len(chosen):,} of {len(labels):,} training images"
    part = replace(part, split="validation", notes=(note,) if len(chosen) < len(labels) else ())
    return _result(PROBE, part, network)


def zero_shot_of(
    model: FrozenModel, images: ClassifiedImages, class_texts: ClassTexts | None = None
) -> Result:
    """Classify the validation images by the names of their classes.

    Args:
        model: A checkpoint with a text tower.
        images: The images.
        class_texts: The user's table of class texts; None: the classes' names.

    Raises:
        FileNotFoundError: There is no such checkpoint.
        ValueError: It has no text tower, names are not words, or the table does not fit them.
    """
    texts, how = texts_of_classes(images.classes), "the names of the classes"
    if class_texts is not None:
        texts, matched = texts_in_order_of(class_texts, texts, "--class-texts")
        how = f"the user's table, {matched}"
    elif unnamed := [name for name in images.classes if _IDS.fullmatch(name)]:
        raise ValueError(
            f"{len(unnamed):,} of {len(images.classes):,} names of classes are not words, such as "
            f"{unnamed[0]!r}: give their words with --class-texts FILE"
        )
    try:
        network = model.load(load_zero_shot_model)
    except ValueError as error:
        told = one_line(error, _SHOWN)
        raise ValueError(f"the checkpoint has no text tower that can be used ({told})") from error
    opened = ImageSet(
        images.val,
        texts,
        select_templates(TEMPLATES),
        metric="top-1",
        split="validation",
        notes=(f"class texts: {how}",),
    )
    found = model.embed(network, images.val.reader)
    return _result(ZERO_SHOT, evaluate_set(network, opened, found, name="val"), network)


def texts_of_classes(names: Sequence[str]) -> ClassTexts:
    """Make class texts of names as folders have them: ``001.Black_footed_Albatross``, ``YoYo``."""
    return ClassTexts(ClassText(name, (_words(name),)) for name in names)


def check_enough(labels: Labels) -> None:
    """Check that a probe can be fitted and its regularization chosen on held-out images.

    Args:
        labels: Labels of the training images, (N,).

    Raises:
        ValueError: There are too few images.
    """
    counts = np.bincount(labels)
    classes = int(np.count_nonzero(counts))
    # scikit-learn rounds the fifth up.
    needed = 5 * classes - 4
    if len(labels) < needed or (counts[counts > 0] < 2).any():
        raise ValueError(
            f"{VALIDATION:.0%} of the training images are held out to choose the regularization, "
            f"with images of each class: that takes {needed:,} images of {classes:,} classes, two "
            f"or more of each; there are {len(labels):,}, and {int(counts[counts > 0].min()):,} of "
            "the smallest class"
        )


def evenly_by_class(labels: Labels, most: int) -> npt.NDArray[np.int64]:
    """Choose at most so many images, of each class its share.

    Args:
        labels: Labels of the images, (N,).
        most: Largest number of images.

    Returns:
        Numbers of the images, ascending.
    """
    if len(labels) <= most:
        return np.arange(len(labels))
    by_class = np.array(sorted(range(len(labels)), key=labels.tolist().__getitem__))
    return np.sort(by_class[np.arange(most) * len(labels) // most])


class _Some:
    """Some images of a data set, as a data set.

    Args:
        reader: Reads all of them.
        numbers: Which ones.
    """

    def __init__(self, reader: ImageReader, numbers: npt.NDArray[np.int64]) -> None:
        self.reader, self.numbers = reader, numbers
        self.decode = reader.decode

    def __len__(self) -> int:
        return len(self.numbers)

    def content(self, index: int) -> bytes:
        """Read the image's content."""
        return self.reader.content(int(self.numbers[index]))

    def name(self, index: int) -> str:
        """Name the image."""
        return self.reader.name(int(self.numbers[index]))


def _words(name: str) -> str:
    plain = _NUMBERED.sub("", name, count=1)
    words = class_words(plain) if _JOINED.fullmatch(plain) else plain.replace("_", " ")
    return " ".join(words.split()) or name


def _result(kind: str, part: SetResult, model: ImageTextEmbedder) -> Result:
    suite = "folder" if kind == ZERO_SHOT else ""
    settings = model_settings(model)
    return Result(kind, (part,), settings, Provenance.now(), model.name, suite=suite)
