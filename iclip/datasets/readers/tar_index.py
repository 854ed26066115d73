"""The index of one tar: which images it holds, and where they and their texts lie.

It is built once and kept in a file, which is valid as long as the tar has the size and the time of
change that are noted there.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from iclip.data_summary import Omission
from iclip.datasets.readers.sample_members import SampleNames, image_members, pair_members
from iclip.datasets.readers.tar_members import BLOCK, Member, tar_members
from iclip.files.annotations import collector_paused
from iclip.files.atomic import open_atomically
from iclip.files.shard_cache import ShardCache
from iclip.files.storage import base_name, is_remote, parent
from iclip.files.stored_file import FileState

# 16 bytes per sample. Contents start at multiples of 512, so 32 bits reach two terabytes. Block 0
# holds the first header, so no content starts there: it marks a sample without a text.
RECORD = np.dtype(
    [("image_block", "<u4"), ("image_size", "<u4"), ("text_block", "<u4"), ("text_size", "<u4")]
)
# A sample's record lies in the index of its tar and in the joint index of the data set.
INDEX_BYTES_PER_SAMPLE = 2 * RECORD.itemsize
# Of an image without one.
_NO_TEXT = Member("", 0, 0)
# To be raised when the content of an index changes: older files are then built anew.
_FORMAT = 2


@dataclass(frozen=True)
class TarIndex:
    """What one tar holds.

    Args:
        records: One `RECORD` per image, in the tar's order.
        without_text: Names of the images whose text is absent or empty; they have no record.
        left_out: What else was not read, by kind.
    """

    records: NDArray[np.void]
    without_text: tuple[str, ...] = ()
    left_out: tuple[Omission, ...] = ()


def build_tar_index(path: str, names: SampleNames, cache: ShardCache | None = None) -> TarIndex:
    """Index a tar.

    Args:
        path: The tar, uncompressed; a path or a URL.
        names: How the members of a sample are named. Without a text extension, every image is a
            sample.
        cache: Where whole copies of remote tars are kept; None: each piece is a request.

    Raises:
        ValueError: The file is not a tar or is truncated, or a sample has two images or two texts.
    """
    # Tens of thousands of tuples that stay would be visited again and again.
    with collector_paused():
        links: list[str] = []
        members = tar_members(path, links, cache)
        linked = (Omission("links in tars", len(links), links[0]),) if links else ()
        if names.text is None:
            images, others = image_members(members)
            return TarIndex(records_of((image, _NO_TEXT) for image in images), (), others + linked)
        found = pair_members(members, names, path)
        without_text = tuple(member.name for member in found.without_text)
        return TarIndex(records_of(found.pairs), without_text, found.left_out + linked)


def records_of(samples: Iterable[tuple[Member, Member]]) -> NDArray[np.void]:
    """Return a `RECORD` per image and text."""
    rows = [
        (image.offset // BLOCK, image.size, text.offset // BLOCK, text.size)
        for image, text in samples
    ]
    return np.array(rows, dtype=RECORD)


def index_path(tar: str, index_folder: Path | None) -> Path:
    """Name a tar's index file: beside the tar, or in a folder that may serve tars of several.

    Args:
        tar: The tar, a path or a URL.
        index_folder: The folder, which a URL needs.
    """
    name = base_name(full_name(tar))
    if index_folder is None:
        return Path(tar).with_name(name + ".idx.npz")
    place = sha256(os.fsencode(parent(full_name(tar)))).hexdigest()[:12]
    # File systems allow 255 bytes.
    return index_folder / f"{place}-{name[-200:]}.idx.npz"


def full_name(tar: str) -> str:
    """Return a tar's absolute path, or its URL without what a signature adds to it."""
    return tar.partition("?")[0] if is_remote(tar) else str(Path(tar).absolute())


def tar_states(files: Iterable[FileState], names: SampleNames) -> list[str]:
    """Describe the state of tars and how their members are named: what an index depends on.

    Args:
        files: The states of the tars.
        names: How their members are named.
    """
    return [f"{_FORMAT} {size} {stamp} {names.text} {names.image}" for size, stamp in files]


def save_tar_index(path: Path, index: TarIndex, state: str) -> None:
    """Write an index file, whole or not at all."""
    with open_atomically(path) as file:
        np.savez(
            file,
            stamp=np.array(state),
            records=index.records,
            without_text=np.array(index.without_text, dtype=np.str_),
            left_out=np.array(json.dumps([asdict(part) for part in index.left_out])),
        )


def load_tar_index(path: Path, state: str) -> TarIndex | None:
    """Read an index file; None if it is missing, unreadable or out of date."""
    try:
        with np.load(path) as arrays:
            if str(arrays["stamp"]) != state:
                return None
            return TarIndex(
                arrays["records"],
                tuple(arrays["without_text"].tolist()),
                tuple(Omission(**part) for part in json.loads(str(arrays["left_out"]))),
            )
    # A damaged file makes zipfile, numpy and json raise errors of any type.
    except Exception:
        return None
