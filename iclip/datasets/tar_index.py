"""The index of one tar: which images it holds, where, and where their texts are.

It is built once and kept in a file, which counts as long as the tar's size and time of change are
those that are noted there.
"""

import os
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from iclip.datasets.tar_members import BLOCK, Member, tar_members
from iclip.datasets.whole_file import whole_file
from iclip.image_files import IMAGE_EXTENSIONS

# 16 bytes a sample. Contents start at multiples of 512, so 32 bits reach two terabytes. Block 0
# holds the first header: as a content's place it says that there is none.
RECORD = np.dtype(
    [("image_block", "<u4"), ("image_size", "<u4"), ("text_block", "<u4"), ("text_size", "<u4")]
)
# Raise it when what an index holds changes: older files are then built anew.
_FORMAT = 1


@dataclass(frozen=True)
class TarIndex:
    """What one tar holds.

    Args:
        records: One `RECORD` an image, in the tar's order.
        without_text: Keys of the images whose text is absent or empty; they are in no record.
        without_image: Number of texts whose image is absent.
    """

    records: NDArray[np.void]
    without_text: tuple[str, ...] = ()
    without_image: int = 0


def build_tar_index(path: Path, text_extension: str | None) -> TarIndex:
    """Index a tar.

    Args:
        path: The tar, uncompressed.
        text_extension: Extension of the captions. Members that share their name up to the first dot
            are one sample, as in webdataset. None takes every image as a sample, without text.

    Raises:
        ValueError: It is no tar, is truncated, or a sample has two images or two texts.
    """
    members = tar_members(path)
    if text_extension is None:
        rows = [
            (m.offset // BLOCK, m.size, 0, 0) for m in members if _extension(m) in IMAGE_EXTENSIONS
        ]
        return TarIndex(np.array(rows, dtype=RECORD))
    images: dict[str, Member] = {}
    texts: dict[str, Member] = {}
    for member in members:
        key, extension = _split(member.name)
        if extension in IMAGE_EXTENSIONS:
            _put(images, key, member, path)
        elif extension == text_extension:
            _put(texts, key, member, path)
    paired = [(image, texts[key]) for key, image in images.items() if _has_text(texts, key)]
    return TarIndex(
        np.array([(*_place(image), *_place(text)) for image, text in paired], dtype=RECORD),
        without_text=tuple(key for key in images if not _has_text(texts, key)),
        without_image=len(texts.keys() - images.keys()),
    )


def index_path(tar: Path, index_folder: Path | None) -> Path:
    """Name a tar's index file: beside the tar, or in a folder that may serve several ones."""
    if index_folder is None:
        return tar.with_name(tar.name + ".idx.npz")
    place = sha256(os.fsencode(tar.absolute().parent)).hexdigest()[:12]
    return index_folder / f"{place}-{tar.name}.idx.npz"


def stamp(tar: Path, text_extension: str | None) -> str:
    """Describe the state of a tar, and the question its index answers."""
    status = tar.stat()
    return f"{_FORMAT} {status.st_size} {status.st_mtime_ns} {text_extension}"


def save_tar_index(path: Path, index: TarIndex, stamp: str) -> None:
    """Write an index file, at once or not at all."""
    with whole_file(path) as file:
        np.savez(
            file,
            stamp=np.array(stamp),
            records=index.records,
            without_text=np.array(index.without_text, dtype=np.str_),
            without_image=np.array(index.without_image),
        )


def load_tar_index(path: Path, stamp: str) -> TarIndex | None:
    """Read an index file; None if there is none, or none that is readable and up to date."""
    try:
        with np.load(path) as arrays:
            if str(arrays["stamp"]) != stamp:
                return None
            return TarIndex(
                arrays["records"],
                tuple(arrays["without_text"].tolist()),
                int(arrays["without_image"]),
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _split(name: str) -> tuple[str, str]:
    folder, slash, base = name.rpartition("/")
    stem, _, extension = base.partition(".")
    return folder + slash + stem, extension.lower()


def _extension(member: Member) -> str:
    base = member.name.rpartition("/")[2]
    # "._x.jpg" is not a picture but what macOS adds to one.
    return "" if base.startswith(".") else base.rpartition(".")[2].lower()


def _put(members: dict[str, Member], key: str, member: Member, path: Path) -> None:
    if key in members:
        raise ValueError(
            f"{path}: the sample {key!r} is there twice ({members[key].name}, {member.name}); the "
            "shard is damaged, write or download it again"
        )
    members[key] = member


def _has_text(texts: dict[str, Member], key: str) -> bool:
    return key in texts and texts[key].size > 0


def _place(member: Member) -> tuple[int, int]:
    return member.offset // BLOCK, member.size
