"""What the forms are filled with: images with an outlined object each, and clips of some classes.

From the real photos of ICLIP_REAL_DATA, or drawn ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import av
import cv2
import numpy as np
from numpy.typing import NDArray

# WordNet ids of ImageNet's birds and dogs: the first and the last of each.
CLASSES = {"bird": ("n01514668", "n01622779"), "dog": ("n02085620", "n02113978")}
# Every so many samples, one of each class is of validation.
VALIDATED = 4
# Objects are cut out of images of this longer side, which takes a second each.
CUT_OUT_AT, ROUNDS = 200, 3
CLIP_FRAMES, CLIP_WIDTH = 16, 160


@dataclass(frozen=True)
class Subject:
    """An image with one object.

    Attributes:
        file: The image.
        name: Of the class.
        mask: Where the object is (H, W).
    """

    file: Path
    name: str
    mask: NDArray[np.bool_]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.mask.shape[1], self.mask.shape[0]

    @cached_property
    def outline(self) -> list[tuple[int, int]]:
        """Corners of the object's largest piece."""
        found, _ = cv2.findContours(self.mask.astype(np.uint8), cv2.RETR_EXTERNAL,
                                    cv2.CHAIN_APPROX_SIMPLE)  # fmt: skip
        corners = cv2.approxPolyDP(max(found, key=cv2.contourArea), 1.5, True)
        return [(int(x), int(y)) for x, y in corners[:, 0]]

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of the outline in pixels."""
        xs, ys = zip(*self.outline, strict=True)
        return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


class Clip(NamedTuple):
    """A video of one class."""

    file: Path
    name: str


class Divided(NamedTuple):
    """Samples by part."""

    train: list
    val: list


def divided(samples: Sequence) -> Divided:
    """Put every fourth sample of a class into validation."""
    parts, seen = Divided([], []), dict.fromkeys((sample.name for sample in samples), 0)
    for sample in samples:
        seen[sample.name] += 1
        (parts.train if seen[sample.name] % VALIDATED else parts.val).append(sample)
    return parts


def photographed(photos: Path, per_class: int) -> list[Subject]:
    """Return real photos of birds and dogs, whose object GrabCut (Rother et al. 2004) finds.

    Args:
        photos: A folder per WordNet id.
        per_class: How many of each class.
    """
    return [
        Subject(file, name, _cut_out(file))
        for name, (first, last) in CLASSES.items()
        for file in _photos(photos, first, last)[:per_class]
    ]


def unseen_photos(photos: Path, per_class: int, count: int) -> list[Path]:
    """Return photos of the same classes that :func:`photographed` leaves out."""
    return [
        file
        for first, last in CLASSES.values()
        for file in _photos(photos, first, last)[per_class : per_class + count]
    ]


def filmed(videos: Path, folder: Path, per_class: int) -> list[Clip]:
    """Cut clips of 16 frames from the real videos, a class per video."""
    folder.mkdir(parents=True, exist_ok=True)
    clips = []
    for name in ("arm_wrestling", "test"):
        frames = _frames(videos / f"{name}.mp4")
        for number in range(per_class):
            file = folder / f"{name}_{number}.mp4"
            _write_clip(file, [next(frames) for _ in range(CLIP_FRAMES)])
            clips.append(Clip(file, "dancing" if name == "test" else "arm wrestling"))
    return clips


def _photos(photos: Path, first: str, last: str) -> list[Path]:
    folders = sorted(entry for entry in photos.iterdir() if first <= entry.name <= last)
    return [file for folder in folders for file in sorted(folder.iterdir())]


def _cut_out(file: Path) -> NDArray[np.bool_]:
    """Separate the object from the border; the middle of the image where that fails."""
    image = cv2.imread(str(file))
    height, width = image.shape[:2]
    scale = CUT_OUT_AT / max(height, width)
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    rows, columns = small.shape[:2]
    middle = (columns // 10, rows // 10, columns * 8 // 10, rows * 8 // 10)
    labels = np.zeros((rows, columns), np.uint8)
    cv2.setRNGSeed(0)
    cv2.grabCut(small, labels, middle, np.zeros((1, 65)), np.zeros((1, 65)), ROUNDS,
                cv2.GC_INIT_WITH_RECT)  # fmt: skip
    found = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    if found.mean() < 0.02:
        left, top, wide, high = middle
        found[top : top + high, left : left + wide] = True
    whole = cv2.resize(found.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    return whole.astype(bool)


def _frames(video: Path) -> Iterator[av.VideoFrame]:
    with av.open(str(video)) as container:
        yield from container.decode(video=0)


def _write_clip(file: Path, frames: Sequence[av.VideoFrame]) -> None:
    height = round(frames[0].height * CLIP_WIDTH / frames[0].width / 2) * 2
    with av.open(str(file), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = CLIP_WIDTH, height, "yuv420p"
        for frame in frames:
            resized = frame.reformat(CLIP_WIDTH, height, "yuv420p")
            resized.pts = None
            container.mux(stream.encode(resized))
        container.mux(stream.encode())
