"""Predictions on files, one after the other: what cannot be read is named, the others are done."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import cv2
import mmcv
import numpy as np
import numpy.typing as npt

from iclip.messages import counted, listing
from iclip.openmmlab.predict.inputs import InputFile
from iclip.openmmlab.predict.predictors import (
    Detector,
    Prediction,
    Predictor,
    Recogniser,
    Segmenter,
)
from iclip.openmmlab.predict.records import PredictionRecords
from iclip.openmmlab.video.frames import open_video

Frame = npt.NDArray[np.uint8]
# Title, picture, record, file, and a frame's time.
Entry = tuple[str, Frame, dict[str, Any], Path, float | None]
# In what a file ends that a model cannot take: RuntimeError is torch's, memory included, and that
# of video readers. Anything else is a fault of the program's and shows itself.
_FAULTS = (OSError, ValueError, RuntimeError, MemoryError, av.error.FFmpegError)
_TOO_LARGE = "CV_IO_MAX_IMAGE_PIXELS"


@dataclass
class Outcome:
    """What came of a run.

    Attributes:
        records: By a picture's name, its record, those of earlier runs included.
        failed: By a file's path, why there is no prediction, or not one for all of its frames.
        files: How many files there were.
        there: How many of them were done before.
        error: The last fault.
    """

    records: Mapping[str, Any] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    files: int = 0
    there: int = 0
    error: Exception | None = None

    def problem(self) -> str:
        """Say which files failed; empty if none did."""
        if not self.failed:
            return ""
        told = [f"{file} ({reason})" for file, reason in self.failed.items()]
        return f"{len(told)} of {counted(self.files, 'file')} failed: {listing(told)}"


def predict_files(
    predictor: Predictor,
    files: Sequence[InputFile],
    out: Path,
    every: float = 1.0,
    settings: Mapping[str, Any] | None = None,
    report: Callable[[str], None] = print,
) -> Outcome:
    """Predict on files; write a picture of each, and a record of it as soon as it is there.

    Args:
        predictor: From :func:`~iclip.openmmlab.predict.predictors.build_predictor`.
        files: Images or videos.
        out: Folder of the pictures; what an earlier run with the same settings made stays.
        every: Seconds between the frames of a video on which boxes or masks are predicted.
        settings: What the predictions depend on, plain values.
        report: Takes a line of progress.

    Raises:
        ValueError: ``out`` holds predictions of other settings.
        OSError: A picture could not be written.
    """
    outcome = Outcome(files=len(files))
    started = time.monotonic()
    with PredictionRecords(out, settings or {}) as records:
        for done, file in enumerate(files, start=1):
            before = len(records)
            error = _predict_file(predictor, file, every, records)
            if error is not None:
                outcome.failed[str(file.path)] = _reason(error)
                outcome.error = error
            outcome.there += error is None and len(records) == before
            left = (time.monotonic() - started) / done * (len(files) - done)
            told = f"[{done}/{len(files)}] {file.path}"
            told += f" failed ({_reason(error)})" if error else ""
            report(f"{told}  eta {left // 60:.0f}:{left % 60:02.0f}")
        outcome.records = records.by_picture()
        records.finish()
    return outcome


def read_image(path: Path) -> Frame:
    """Read an image as the frameworks' pipelines do: (H, W, 3), BGR, turned as the file says.

    Raises:
        ValueError: It cannot be decoded.
        OSError: It cannot be read.
    """
    if path.stat().st_size == 0:
        raise ValueError("the file is empty")
    try:
        image = mmcv.imread(str(path))
    except cv2.error as error:
        if _TOO_LARGE in str(error):
            raise ValueError("more than 2**30 pixels, which OpenCV does not read") from error
        raise ValueError(f"OpenCV cannot decode it: {_reason(error)}") from error
    if image is None:
        raise ValueError("it is not an image that OpenCV can decode")
    return image


def timed_frames(path: Path, every: float) -> Iterator[tuple[float, Frame]]:
    """Decode a video and give its first frame in each stretch of time.

    Args:
        path: The video.
        every: Length of a stretch in seconds.

    Yields:
        The frame's time in seconds, and the frame (H, W, 3), BGR, turned as the file says.

    Raises:
        ValueError: It is not a video, is broken, or holds no frame.
        OSError: It cannot be read.
    """
    following, number = 0.0, 0
    with open_video(path) as container:
        stream = container.streams.video[0]
        rate = float(stream.average_rate or 25)
        for number, frame in enumerate(container.decode(stream), start=1):
            at = frame.time if frame.time is not None else (number - 1) / rate
            if at >= following or number == 1:
                following = (at // every + 1) * every
                turns = round(frame.rotation / 90) % 4
                yield at, np.ascontiguousarray(np.rot90(frame.to_ndarray(format="bgr24"), turns))
    if number == 0:
        raise ValueError("the video holds no frame")


def _predict_file(
    predictor: Predictor, file: InputFile, every: float, records: PredictionRecords
) -> Exception | None:
    """Predict on a file and keep what comes; returns the fault that ended it, if one did.

    Faults in writing are not the file's, and are raised.
    """
    entries = _new_entries(predictor, file, every, records)
    while True:
        try:
            entry = next(entries, None)
        except _FAULTS as error:
            return error
        if entry is None:
            return None
        records.add(*entry)


def _new_entries(
    predictor: Predictor, file: InputFile, every: float, records: PredictionRecords
) -> Iterator[Entry]:
    """Predict on what has no record yet."""
    if file.is_video and not isinstance(predictor, Recogniser):
        for at, frame in timed_frames(file.path, every):
            if not records.has(file.path, at):
                yield f"{file.title}_{at:07.2f}s", *_predict(predictor, frame), file.path, at
    elif not records.has(file.path):
        if isinstance(predictor, Recogniser):
            yield file.title, *predictor(file.path), file.path, None
        else:
            yield file.title, *_predict(predictor, read_image(file.path)), file.path, None


def _predict(predictor: Detector | Segmenter, image: Frame) -> Prediction:
    """Predict on an image.

    Raises:
        ValueError: OpenCV cannot do with it what the config asks for, such as to resize a strip.
    """
    try:
        return predictor(image)
    except cv2.error as error:
        height, width = image.shape[:2]
        raise ValueError(
            f"the config's pipeline cannot take an image of {width} x {height} pixels: "
            f"{_reason(error)}"
        ) from error


def _reason(error: BaseException) -> str:
    message = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (message.strip().splitlines() or [type(error).__name__])[0][:200]
