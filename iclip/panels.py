"""What pictures of a validation show: images with boxes and texts, drawn elsewhere.

A view turns a validated sample into panels (``iclip.registry.SAMPLE_VIEWS``). Panels are small and
plain, so that ranks can send them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage

Image: TypeAlias = npt.NDArray[np.uint8]

# Pixels of the longer side of a panel's image.
PANEL_SIDE = 480
NUM_TOP_CLASSES = 3


@dataclass(frozen=True)
class Box:
    """A rectangle of an image.

    Attributes:
        corners: x1, y1, x2, y2 in pixels of the panel's image.
        text: What stands at it.
        color: Red, green, blue, 0 to 255.
    """

    corners: tuple[float, float, float, float]
    text: str
    color: tuple[int, int, int]


@dataclass(frozen=True)
class Panel:
    """An image of a picture.

    Attributes:
        image: RGB, (H, W, 3).
        title: What stands above it.
        boxes: What is drawn over it.
        right: Whether it shows a prediction that is right; None where that is not the question.
    """

    image: Image
    title: str
    boxes: tuple[Box, ...] = ()
    right: bool | None = None


@dataclass(frozen=True)
class ValidatedSample:
    """A sample and what the model has predicted of it.

    Attributes:
        inputs: What the loader gave the model, before normalization.
        output: What the model gave back.
        dataset: The data set of the sample.
        index: Its place there.
    """

    inputs: Any
    output: Any
    dataset: Any
    index: int


SampleView: TypeAlias = Callable[[ValidatedSample], Sequence[Panel]]


def classified_panel(
    image: Image, scores: npt.NDArray[np.floating[Any]], label: int, names: Sequence[str]
) -> Panel:
    """Show an image with its class, and with the most likely ones.

    Args:
        image: RGB, (H, W, 3).
        scores: Probabilities of the classes, (classes,).
        label: The true class.
        names: Names of the classes.
    """
    best = (-scores).argsort(kind="stable")[:NUM_TOP_CLASSES]
    likely = ", ".join(f"{names[place]} {scores[place]:.2f}" for place in best)
    # Equal scores count against the model, as in every metric; comparing with NaN is false.
    right = int((scores >= scores[label]).sum()) == 1
    return Panel(image, f"{names[label]}\npredicted: {likely}", right=right)


def reduced(image: Image, side: int = PANEL_SIDE) -> Image:
    """Reduce an image (H, W, 3) to a longer side of ``side`` pixels; a smaller one stays."""
    height, width = image.shape[:2]
    longer = max(height, width)
    if longer <= side:
        return image
    size = (max(1, round(width * side / longer)), max(1, round(height * side / longer)))
    return np.asarray(PillowImage.fromarray(image).resize(size, PillowImage.Resampling.BOX))


def color_of(label: int) -> tuple[int, int, int]:
    """Return a color for a class; multiples of odd numbers modulo 256 repeat after 256 classes."""
    red, green, blue = (factor * (label + 1) % 256 for factor in (53, 97, 201))
    return red, green, blue
