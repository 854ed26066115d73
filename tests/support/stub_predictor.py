"""A stand-in for a detector, and commands with it over files."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from iclip.predict.inputs import find_inputs
from iclip.predict.predict_files import Outcome, predict_files
from iclip.predictions import Prediction
from iclip.tasks import DETECTION

PICTURE = np.zeros((4, 6, 3), dtype=np.uint8)


class StubPredictor:
    """Stands in for a detector: finds a box around the whole image, of the call's number.

    Args:
        fails: Called with the number of each call.
    """

    takes_videos = False
    classes = tuple(str(number) for number in range(100))

    def __init__(self, fails: Any = None) -> None:
        self.calls = 0
        self.fails = fails

    def predict(self, images: Sequence[Any]) -> list[Prediction]:
        return [self._found(image) for image in images]

    def draw(self, image: Any, prediction: Prediction) -> Any:
        return PICTURE

    def _found(self, image: Any) -> Prediction:
        self.calls += 1
        if self.fails is not None:
            self.fails(self.calls)
        height, width = image.shape[:2]
        return Prediction(
            DETECTION, self.classes, np.array([self.calls]), np.array([0.5], np.float32),
            np.array([[0, 0, width, height]], np.float32), size=(width, height),
        )  # fmt: skip


def write_blank_image(path: Path, height: int = 4, width: int = 6) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height)).save(path)
    return path


def predict_on(paths: list[Path], out: Path, predictor: Any = None, **settings: Any) -> Outcome:
    files, _ = find_inputs(paths, only_videos=False)
    lines: list[str] = []
    return predict_files(predictor or StubPredictor(), files, out, report=lines.append, **settings)


def interrupt(paths: list[Path], out: Path, at: int, **settings: Any) -> None:
    """Predict until the user interrupts the call of this number."""

    def stops(call: int) -> None:
        if call == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict_on(paths, out, StubPredictor(stops), **settings)


def journal(out: Path) -> list[dict[str, Any]]:
    lines = (out / "predictions.jsonl").read_text().splitlines()[1:]
    return [json.loads(line) for line in lines]
