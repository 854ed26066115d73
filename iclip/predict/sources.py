"""What a user gives to a model, as images and videos one after the other."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from iclip.datasets.readers.decoding import pixels_of_image
from iclip.predict.input_decoding import Frame, frame_at, read_image, timed_frames
from iclip.predict.inputs import InputFile, find_inputs
from iclip.predict.predict_files import frame_title

Input = str | os.PathLike[str] | npt.NDArray[np.uint8] | Image.Image
"""A file or folder, an array (H, W, 3), uint8 RGB, or an image that Pillow has opened."""


@dataclass(frozen=True)
class Source:
    """An image, a frame or a video, and how its content is read again.

    Attributes:
        title: A name for files about it, without a suffix.
        read: Returns what a predictor takes: (H, W, 3) uint8 BGR, or the path of a video.
        file: The image or video; None for an array.
        seconds: Time of the frame; None if it is not one.
    """

    title: str
    read: Callable[[], Any]
    file: Path | None = None
    seconds: float | None = None


def open_inputs(inputs: Input | Sequence[Input], takes_videos: bool) -> list[InputFile | Source]:
    """Check what a user gives, and list files and arrays in its order; nothing is decoded.

    Args:
        inputs: One input, or several.
        takes_videos: Whether the model takes whole videos, and neither images nor arrays.

    Raises:
        FileNotFoundError: A path does not exist.
        ValueError: An input is not one that the model takes.
    """
    given = inputs if isinstance(inputs, list | tuple) else [inputs]
    found: list[InputFile | Source] = []
    # Consecutive paths are listed together, so that no two of them get the same title.
    paths: list[Path] = []
    for number, entry in enumerate(given):
        if isinstance(entry, str | os.PathLike):
            paths.append(Path(entry))
            continue
        found += _files(paths, takes_videos)
        paths = []
        found.append(_image(entry, number, takes_videos))
    return found + _files(paths, takes_videos)


def contents(
    entry: InputFile | Source, takes_videos: bool, every: float
) -> Iterator[tuple[Source, Any]]:
    """Decode an input: one image, one video's path, or a frame of each interval of a video.

    Args:
        entry: Of :func:`open_inputs`.
        takes_videos: Whether the model takes paths of videos.
        every: Seconds between the frames of a video.

    Yields:
        The source, and what a predictor takes.

    Raises:
        ValueError: It cannot be decoded.
        OSError: The file cannot be read.
    """
    if isinstance(entry, Source):
        yield entry, entry.read()
    elif takes_videos:
        yield Source(entry.title, lambda: entry.path, entry.path), entry.path
    elif entry.is_video:
        for at, frame in timed_frames(entry.path, every):
            again = partial(frame_at, entry.path, at)
            yield Source(frame_title(entry.title, at), again, entry.path, at), frame
    else:
        again = partial(read_image, entry.path)
        yield Source(entry.title, again, entry.path), again()


def _files(paths: Sequence[Path], takes_videos: bool) -> list[InputFile]:
    return find_inputs(paths, only_videos=takes_videos)[0] if paths else []


def _image(image: Any, number: int, takes_videos: bool) -> Source:
    """Take an array or Pillow's image; the array is not copied.

    Raises:
        ValueError: It is neither, or the model takes videos.
    """
    if takes_videos:
        raise ValueError(
            f"input {number} is {_kind(image)}; a model of videos takes files and folders of them"
        )
    if isinstance(image, Image.Image):
        return Source(f"image_{number}", lambda: _bgr(pixels_of_image(image)))
    is_array = isinstance(image, np.ndarray) and image.dtype == np.uint8
    if not is_array or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ValueError(
            f"input {number} is {_kind(image)}; give a path, an image that Pillow has opened, or "
            "an array (H, W, 3) of uint8, RGB"
        )
    return Source(f"image_{number}", lambda: _bgr(image))


def _bgr(pixels: npt.NDArray[np.uint8]) -> Frame:
    return np.ascontiguousarray(pixels[..., ::-1])  # RGB -> BGR


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array {value.shape} of {value.dtype}"
    return f"of type {type(value).__name__}"
