"""Predictions of pixels as index maps: a data set of images, masks and a list of classes."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from iclip.files.atomic import write_atomically
from iclip.predictions.linked_images import link_image
from iclip.predictions.prediction import Prediction

NOTHING = 255
"""The number of pixels without a class, which readers of masks ignore."""


def as_index_map(prediction: Prediction) -> npt.NDArray[np.uint8]:
    """Return the number of each pixel's class, (H, W): that of its label, or :data:`NOTHING`.

    Raises:
        ValueError: There are more classes than numbers.
    """
    labels = prediction.label_map
    assert labels is not None, "of segmentation, which the format's tasks say"
    _check_count(prediction.classes)
    return np.where(labels < 0, NOTHING, labels).astype(np.uint8)


def write_index_maps(
    predictions: Sequence[Prediction], classes: Sequence[str], folder: Path
) -> Path:
    """Write ``masks/`` into a folder: ``classes.txt``, ``masks/``, and links in ``images/``.

    ``iclip finetune segmentation --data`` reads it. Frames of videos have masks and no image.

    Raises:
        ValueError: There are more classes than numbers.
        OSError: A file could not be written.
    """
    _check_count(classes)
    root = folder / "masks"
    for name in ("images", "masks"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for prediction in predictions:
        link_image(prediction, root / "images")
        encoded = io.BytesIO()
        Image.fromarray(as_index_map(prediction)).save(encoded, "PNG")
        write_atomically(root / "masks" / f"{prediction.title}.png", encoded.getbuffer())
    write_atomically(root / "classes.txt", "".join(f"{name}\n" for name in classes))
    return root


def _check_count(classes: Sequence[str]) -> None:
    if len(classes) > NOTHING:
        raise ValueError(
            f"--format masks: index maps have numbers for {NOTHING} classes, and there are "
            f"{len(classes)}; take coco"
        )
