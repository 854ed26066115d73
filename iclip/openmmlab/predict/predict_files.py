"""Predict on files one after the other; name those that fail and go on with the rest."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import cv2

from iclip.messages import counted, listing, printable
from iclip.openmmlab.predict.input_decoding import Frame, read_image, short_reason, timed_frames
from iclip.openmmlab.predict.inputs import InputFile
from iclip.openmmlab.predict.predictors import (
    Detector,
    Prediction,
    Predictor,
    Recognizer,
    Segmenter,
)
from iclip.openmmlab.predict.records import PredictionRecords
from iclip.progress import Progress

# What PredictionRecords.add takes: title, picture, record, file, and a frame's time.
NewRecord = tuple[str, Frame, dict[str, Any], Path, float | None]
# Errors that a file can cause. RuntimeError comes from torch, when memory is short too, and from
# readers of videos. Any other error is a fault of the program and ends the command.
_FAULTS = (OSError, ValueError, RuntimeError, MemoryError, av.error.FFmpegError)


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
    every: float = 1.0,
    settings: Mapping[str, Any] | None = None,
    report: Callable[[str], None] = print,
) -> Outcome:
    """Predict on files; write a picture and a record of each prediction as soon as it is made.

    Args:
        predictor: Built by :func:`~iclip.openmmlab.predict.predictors.build_predictor`.
        files: Images or videos.
        out: Folder of the pictures; those of an earlier command with the same settings stay.
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
            error = _predict_file(predictor, file, every, records)
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


def _predict_file(
    predictor: Predictor, file: InputFile, every: float, records: PredictionRecords
) -> Exception | None:
    """Predict on a file and keep the predictions; return the error that ended it, if any.

    Errors of writing are not the file's and are raised.
    """
    predictions = _new_predictions(predictor, file, every, records)
    while True:
        try:
            prediction = next(predictions, None)
        except _FAULTS as error:
            return error
        if prediction is None:
            return None
        records.add(*prediction)


def _new_predictions(
    predictor: Predictor, file: InputFile, every: float, records: PredictionRecords
) -> Iterator[NewRecord]:
    """Predict on what has no record yet, and yield the arguments of ``PredictionRecords.add``."""
    if file.is_video and not isinstance(predictor, Recognizer):
        for at, frame in timed_frames(file.path, every):
            if not records.has(file.path, at):
                yield f"{file.title}_{at:07.2f}s", *_predict(predictor, frame), file.path, at
    elif not records.has(file.path):
        if isinstance(predictor, Recognizer):
            yield file.title, *predictor(file.path), file.path, None
        else:
            yield file.title, *_predict(predictor, read_image(file.path)), file.path, None


def _predict(predictor: Detector | Segmenter, image: Frame) -> Prediction:
    """Predict on an image.

    Raises:
        ValueError: OpenCV cannot transform it as the config asks, such as resize a narrow strip.
    """
    try:
        return predictor(image)
    except cv2.error as error:
        height, width = image.shape[:2]
        raise ValueError(
            f"the config's pipeline cannot take an image of {width} x {height} pixels: "
            f"{short_reason(error)}"
        ) from error
