"""Predictions on files: which ones, their pictures, and what could not be read."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import mmcv
import numpy as np
from PIL import Image

from iclip.openmmlab.predictors import Detector, Prediction, Recogniser, Segmenter

IMAGES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
VIDEOS = (".mp4", ".avi", ".mov", ".mkv", ".webm")
RECORDS = "predictions.json"
LISTED = 5


def find_inputs(paths: Sequence[Path], only_videos: bool, limit: int | None = None) -> list[Path]:
    """List the files to predict on, those of a folder in the order of their names.

    Args:
        paths: Images, videos or folders.
        only_videos: Whether the model takes videos alone.
        limit: At most so many.

    Raises:
        FileNotFoundError: There is no such file or folder.
        ValueError: One of them is, or holds, nothing that the model takes.
    """
    suffixes = VIDEOS if only_videos else IMAGES + VIDEOS
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"INPUT {path} does not exist")
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        fitting = [file for file in files if file.suffix.lower() in suffixes]
        if not fitting:
            kind = "videos" if only_videos else "images or videos"
            what = "holds none" if path.is_dir() else "is none"
            raise ValueError(
                f"INPUT {path} {what}: the config takes {kind} ({', '.join(suffixes)})"
            )
        found += fitting
    return found[:limit]


def predict_files(
    predictor: Detector | Segmenter | Recogniser,
    files: Sequence[Path],
    out: Path,
    every: float = 1.0,
    report: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Predict on files; write a picture of each, and all records as ``predictions.json``.

    Args:
        predictor: From :func:`~iclip.openmmlab.predictors.build_predictor`.
        files: Images or videos.
        out: Folder of the pictures, made if it is not there.
        every: Seconds between the frames of a video on which boxes or masks are predicted.
        report: Takes a line of progress.

    Returns:
        By the picture's name its record; files that could not be read are left out and reported.

    Raises:
        ValueError: None of the files could be read.
    """
    out.mkdir(parents=True, exist_ok=True)
    records: dict[str, Any] = {}
    unreadable: list[str] = []
    stems = Counter(file.stem for file in files)
    started = time.monotonic()
    for done, file in enumerate(files, start=1):
        title = file.stem if stems[file.stem] == 1 else file.name
        try:
            for name, (picture, record) in _predictions(predictor, file, title, every):
                Image.fromarray(picture).save(out / f"{name}.jpg", quality=90)
                records[f"{name}.jpg"] = record
        except (OSError, ValueError, RuntimeError, av.error.FFmpegError) as error:
            unreadable.append(f"{file.name} ({str(error).strip().splitlines()[0]})")
        left = (time.monotonic() - started) / done * (len(files) - done)
        report(f"[{done}/{len(files)}] {file.name}  eta {left // 60:.0f}:{left % 60:02.0f}")
    if unreadable:
        more = f" and {len(unreadable) - LISTED} more" if len(unreadable) > LISTED else ""
        told = f"{len(unreadable)} of {len(files)} could not be read: "
        told += ", ".join(unreadable[:LISTED]) + more
        if not records:
            raise ValueError(told)
        report(told)
    (out / RECORDS).write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n")
    return records


def _predictions(
    predictor: Detector | Segmenter | Recogniser, file: Path, title: str, every: float
) -> Iterator[tuple[str, Prediction]]:
    if isinstance(predictor, Recogniser):
        yield title, predictor(file)
    elif file.suffix.lower() in VIDEOS:
        for at, frame in _frames(file, every):
            yield f"{title}_{at:07.2f}s", predictor(frame)
    else:
        image = mmcv.imread(str(file))
        if image is None:
            raise ValueError("no image that OpenCV can decode")
        yield title, predictor(image)


def _frames(file: Path, every: float) -> Iterator[tuple[float, np.ndarray]]:
    """Frames (H, W, 3), BGR, ``every`` seconds, each with its time."""
    following = 0.0
    with av.open(str(file)) as container:
        for frame in container.decode(video=0):
            at = frame.time or 0.0
            if at >= following:
                following += every
                yield at, frame.to_ndarray(format="bgr24")
    if following == 0.0:
        raise ValueError("the video holds no frame")
