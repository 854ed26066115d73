"""Predictions made by hand, of each kind."""

from pathlib import Path
from typing import Any

import numpy as np

from iclip.predictions.masks import encode
from iclip.predictions.prediction import Prediction
from iclip.tasks import DETECTION, SEGMENTATION, VIDEO

CLASSES = ("cat", "dog", "bird, small")


def boxes(file: Path | None = Path("in/a b.jpg"), **changes: Any) -> Prediction:
    """Two boxes in an image of 200 x 100 pixels."""
    values: dict[str, Any] = {
        "task": DETECTION,
        "classes": CLASSES,
        "labels": np.array([2, 0]),
        "scores": np.array([0.9, 0.25], dtype=np.float32),
        "boxes": np.array([[10, 20, 60, 80], [0.5, 0, 200, 100]], dtype=np.float32),
        "size": (200, 100),
        "title": "a b",
        "file": file,
    }
    return Prediction(**{**values, **changes})


def label_map() -> np.ndarray:
    """Half dog, a quarter cat, and a quarter without a class; (40, 60)."""
    labels = np.full((40, 60), -1)
    labels[:, :30] = 1
    labels[10:30, 30:] = 0
    return labels


def segments(file: Path | None = Path("in/b.png"), **changes: Any) -> Prediction:
    """The classes of :func:`label_map`."""
    labels = label_map()
    values: dict[str, Any] = {
        "task": SEGMENTATION,
        "classes": CLASSES,
        "labels": np.array([1, 0]),
        "runs": encode([labels == 1, labels == 0]),
        "size": (60, 40),
        "title": "b",
        "file": file,
    }
    return Prediction(**{**values, **changes})


def clip(file: Path | None = Path("in/c.mp4"), **changes: Any) -> Prediction:
    """A video that is probably of a dog."""
    values: dict[str, Any] = {
        "task": VIDEO,
        "classes": CLASSES,
        "labels": np.array([1, 2, 0]),
        "scores": np.array([0.7, 0.2, 0.1], dtype=np.float32),
        "title": "c",
        "file": file,
    }
    return Prediction(**{**values, **changes})
