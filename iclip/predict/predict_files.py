"""Predict on files one after the other; name those that fail and go on with the rest."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import av
import cv2
import numpy as np

from iclip.messages import counted, listing, printable
from iclip.predict.input_decoding import Frame, read_image, short_reason, timed_frames
from iclip.predict.inputs import InputFile
from iclip.predict.prediction_records import PredictionRecords
from iclip.predictions import Prediction
from iclip.predictions.records import as_record
from iclip.progress import Progress
from iclip.words import ClassEmbeddings

# What PredictionRecords.add takes: title, picture, record, file, and a frame's time.
NewRecord = tuple[str, Frame, dict[str, Any], Path, float | None]


class Predictor(Protocol):
    """A model that predicts on images, or on files of videos.

    Attributes:
        takes_videos: Whether it takes paths of videos, and not images (H, W, 3), BGR.
        classes: Names of its classes, in the order of labels.
    """

    takes_videos: bool
    classes: tuple[str, ...]

    def predict(self, inputs: Sequence[Any], /) -> list[Prediction]:
        """Predict on images or paths of videos."""

    def draw(self, source: Any, prediction: Prediction, /) -> Frame:
        """Draw a prediction over what it is of; RGB."""


class ModelPredictor(Predictor, Protocol):
    """A predictor of a trained model, which may know its classes by words."""

    def set_classes(self, embeddings: ClassEmbeddings, /) -> None:
        """Take other classes, if the model knows its own by words; ``classes`` follow."""


# Errors that a file can cause. RuntimeError comes from torch, when memory is short too, and from
# readers of videos. Any other error is a fault of the program and ends the command.
FAULTS = (OSError, ValueError, RuntimeError, MemoryError, av.error.FFmpegError)


@dataclass
class Outcome:
    """What one command has done.

    Attributes:
        records: Records by picture, including those of earlier commands.
        failed: By file, why it or one of its frames has no prediction.
        files: Number of files.
        done_before: Number of files with predictions of an earlier command.
        error: The last error of a file.
    """

    records: Mapping[str, Any] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    files: int = 0
    done_before: int = 0
    error: Exception | None = None

    def problem(self) -> str:
        """Say which files failed; empty if none did."""
        if not self.failed:
            return ""
        told = [f"{printable(file)} ({reason})" for file, reason in self.failed.items()]
        return f"{len(told)} of {counted(self.files, 'file')} failed: {listing(told)}"


def predict_files(
    predictor: Predictor,
    files: Sequence[InputFile],
    out: Path,
    score_threshold: float = 0.3,
    every: float = 1.0,
    settings: Mapping[str, Any] | None = None,
    report: Callable[[str], None] = print,
) -> Outcome:
    """Predict on files; write a picture and a record of each prediction as soon as it is made.

    Args:
        predictor: Such as :func:`~iclip.openmmlab.predict.predictors.build_predictor` returns.
        files: Images or videos.
        out: Folder of the pictures; those of an earlier command with the same settings stay.
        score_threshold: Boxes with lower scores are neither drawn nor recorded.
        every: Seconds between the frames of a video on which boxes or masks are predicted.
        settings: What the predictions depend on, plain values.
        report: Takes each line of progress.

    Raises:
        ValueError: ``out`` holds predictions with other settings.
        OSError: A picture could not be written.
    """
    outcome = Outcome(files=len(files))
    progress = Progress("files", len(files))
    with PredictionRecords(out, settings or {}) as records:
        for file in files:
            before = len(records)
            error = _predict_file(_Recorder(predictor, score_threshold), file, every, records)
            if error is not None:
                outcome.failed[str(file.path)] = short_reason(error)
                outcome.error = error
            elif len(records) == before:
                outcome.done_before += 1
            progress.done += 1
            failure = f" failed ({short_reason(error)})" if error else ""
            name = printable(str(file.path))
            report(f"[{progress.done}/{progress.total}] {name}{failure}  {progress.time_left()}")
        outcome.records = records.by_picture()
        records.finish()
    return outcome


@dataclass(frozen=True)
class _Recorder:
    """Makes a picture and a record of what a predictor finds."""

    predictor: Predictor
    score_threshold: float

    def __call__(self, source: Any) -> tuple[Frame, dict[str, Any]]:
        """Predict on an image (H, W, 3), BGR, or on a video's path."""
        with explain_transforms([source]):
            (found,) = self.predictor.predict([source])
            found = found.above(self.score_threshold)
            return self.predictor.draw(source, found), as_record(found)


def _predict_file(
    recorder: _Recorder, file: InputFile, every: float, records: PredictionRecords
) -> Exception | None:
    """Predict on a file and keep the predictions; return the error that ended it, if any.

    Errors of writing are not the file's and are raised.
    """
    predictions = _new_predictions(recorder, file, every, records)
    while True:
        try:
            prediction = next(predictions, None)
        except FAULTS as error:
            return error
        if prediction is None:
            return None
        records.add(*prediction)


def _new_predictions(
    recorder: _Recorder, file: InputFile, every: float, records: PredictionRecords
) -> Iterator[NewRecord]:
    """Predict on what has no record yet, and yield the arguments of ``PredictionRecords.add``."""
    if file.is_video and not recorder.predictor.takes_videos:
        for at, frame in timed_frames(file.path, every):
            if not records.has(file.path, at):
                yield frame_title(file.title, at), *recorder(frame), file.path, at
    elif not records.has(file.path):
        source = file.path if recorder.predictor.takes_videos else read_image(file.path)
        yield file.title, *recorder(source), file.path, None


def frame_title(title: str, seconds: float) -> str:
    """Name files about a frame of a video, by the video's title and the frame's time."""
    return f"{title}_{seconds:07.2f}s"


@contextmanager
def explain_transforms(sources: Sequence[Any]) -> Iterator[None]:
    """Say which images a config's transforms cannot take, such as resize a narrow strip.

    Raises:
        ValueError: OpenCV has failed.
    """
    try:
        yield
    except cv2.error as error:
        sizes = " or ".join(
            f"{source.shape[1]} x {source.shape[0]}"
            for source in sources
            if isinstance(source, np.ndarray)
        )
        raise ValueError(
            f"the config's pipeline cannot take an image of {sizes} pixels: {short_reason(error)}"
        ) from error
