"""Sizes of many images, from their headers: no image is decoded."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from iclip.files.image_headers import ImageHeader, image_header
from iclip.messages import one_line
from iclip.own_data.remarks import Remarks
from iclip.progress import Progress

# Headers that are read at a time: a network file system answers each question slowly.
_THREADS = 16
# Headers per call of a thread; a call costs as much as reading some.
_CHUNK = 64
SECONDS_BEFORE_FIRST_REPORT = 3.0


class SizedImage(NamedTuple):
    """An image file and the size of its upright pixels.

    Attributes:
        file: The path.
        width: In pixels, upright.
        height: In pixels, upright.
        orientation: How the stored pixels are turned upright, from 1 to 8.
    """

    file: str
    width: int
    height: int
    orientation: int = 1

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return os.path.basename(self.file)


def sized_images(files: Sequence[str], remarks: Remarks) -> list[SizedImage | None]:
    """Read the sizes of images; None for one that cannot be read.

    Args:
        files: Paths of the images.
        remarks: Receives those that are missing or cannot be read.

    Raises:
        ValueError: They are more than a tenth.
    """
    progress = Progress(
        "image sizes", len(files), interval=SECONDS_BEFORE_FIRST_REPORT, patient=True
    )
    chunks = [files[start : start + _CHUNK] for start in range(0, len(files), _CHUNK)]
    found: list[SizedImage | None] = []
    missing, broken = [], []
    with ThreadPoolExecutor(_THREADS) as threads:
        for chunk, headers in zip(chunks, threads.map(_headers, chunks), strict=True):
            for file, header in zip(chunk, headers, strict=True):
                if isinstance(header, ImageHeader):
                    found.append(SizedImage(file, *header.upright_size, header.orientation))
                    continue
                found.append(None)
                if isinstance(header, FileNotFoundError):
                    missing.append(file)
                else:
                    broken.append(f"{file}: {one_line(header)}")
            progress.advance(len(chunk))
    total = len(files)
    remarks.leave_out("missing images", missing, total, "fetch them")
    remarks.leave_out("images that cannot be read", broken, total, "fetch them anew")
    return found


def _headers(files: Sequence[str]) -> list[ImageHeader | Exception]:
    return [_header(file) for file in files]


def _header(file: str) -> ImageHeader | Exception:
    try:
        return image_header(file)
    # Malformed files make Pillow's plug-ins raise errors of any type.
    except Exception as error:
        return error
