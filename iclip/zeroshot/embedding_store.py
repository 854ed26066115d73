"""Embeddings on the disk, each under the key of its image's content.

A store holds the embeddings of one model at one precision, of any number of data sets. Ranks write
parts, and rank 0 joins complete parts into segments: ``<name>.keys.npy`` (N, 32) beside
``<name>.embeds.npy`` (N, D). No file of a store is ever changed: files are added, and parts are
removed once they are in a segment. Several evaluations may use a store at the same time.
"""

import hashlib
import json
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from iclip.files.atomic import open_atomically, write_atomically
from iclip.files.one_writer import write_once
from iclip.messages import listing

KEY_BYTES = 32  # of a SHA-256
# To be raised when files change their meaning: older stores are then not found.
FORMAT = 2

_SETTINGS = "settings.json"
_SEGMENTS = "segments"  # what the lock is named after
_KEYS, _EMBEDS = ".keys.npy", ".embeds.npy"

Rows = npt.NDArray[np.float32]


@dataclass
class EmbeddingPart:
    """Embeddings that are not yet on the disk.

    Attributes:
        keys: Keys of their images.
        rows: One tensor (B, D) per batch.
    """

    keys: list[bytes] = field(default_factory=list)
    rows: list[Tensor] = field(default_factory=list)


class EmbeddingStore:
    """The kept embeddings of one model.

    Args:
        cache: Folder of all stores.
        settings: What the embeddings depend on besides the image, as plain values; a store is
            named after their hash.

    Raises:
        ValueError: The store of that name states other settings.
    """

    def __init__(self, cache: Path, settings: Mapping[str, Any]) -> None:
        content = {"format": FORMAT, **settings}
        text = json.dumps(content, sort_keys=True)
        self.folder = cache / hashlib.sha256(text.encode()).hexdigest()[:24]
        self.parts = self.folder / "parts"
        file = self.folder / _SETTINGS
        if file.is_file():
            _check_settings(file, content)
        else:
            write_atomically(file, json.dumps(content, indent=1))

    def keys(self) -> set[bytes]:
        """Return the keys of all embeddings, in segments and in parts."""
        # Parts first: those that another process joins in the meantime are then in a segment.
        known = {key for _, keys, _ in self._read_parts() for key in keys}
        return known.union(*(keys for keys, _ in self._segments()))

    def write(self, part: EmbeddingPart) -> None:
        """Write a part, unless it is empty, to a file that gets its name once it is whole."""
        if not part.keys:
            return
        # List of (B, D) -> N, D
        rows = torch.cat(part.rows).numpy().astype(np.float32, copy=False)
        with open_atomically(self.parts / f"{uuid.uuid4().hex}.npz") as file:
            np.savez(file, keys=_to_array(part.keys), embeds=rows)

    def join_parts(self) -> None:
        """Join the parts into a segment, sorted by key, and remove them.

        Several evaluations may share a store: one joins at a time, also what others have written,
        so that no key is in two segments.
        """
        write_once(
            self.folder / _SEGMENTS,
            lambda: next(self.parts.glob("*.npz"), None) is None,
            self._join_parts,
            lambda text: print(text, file=sys.stderr),
        )

    def _join_parts(self) -> None:
        kept = {key for keys, _ in self._segments() for key in keys}
        parts = list(self._read_parts())
        found = {
            key: embed
            for _, keys, embeds in parts
            for key, embed in zip(keys, embeds, strict=True)
            if key not in kept
        }
        if found:
            keys = sorted(found)
            name = hashlib.sha256(b"".join(keys)).hexdigest()[:24]
            embeds = np.stack([found[key] for key in keys])
            _save_array(self.folder / (name + _EMBEDS), embeds)
            # Last, since a file of keys says that its embeddings are whole.
            _save_array(self.folder / (name + _KEYS), _to_array(keys))
        for path, _, _ in parts:
            path.unlink(missing_ok=True)

    def take(self, keys: Sequence[bytes]) -> Rows:
        """Return the embeddings of keys, in their order, (N, D).

        Raises:
            ValueError: Some are missing.
        """
        # A key may be wanted at several places: data sets hold some images twice.
        places: dict[bytes, list[int]] = {}
        for place, key in enumerate(keys):
            places.setdefault(key, []).append(place)
        found: Rows | None = None
        for stored, embeds in self._segments():
            # `pop`, so that what remains in `places` is what is missing.
            rows = [(row, place) for row, key in enumerate(stored) for place in places.pop(key, ())]
            if not rows:
                continue
            if found is None:
                found = np.empty((len(keys), embeds.shape[1]), np.float32)
            source, target = zip(*rows, strict=True)
            found[list(target)] = embeds[list(source)]
        if found is None or places:
            raise ValueError(
                f"the embeddings of {sum(map(len, places.values()))} of {len(keys)} images are "
                f"not below {self.folder}: --cache has to be the same folder for all processes. "
                "Start again: the embeddings that are there are used"
            )
        return found

    def _segments(self) -> Iterator[tuple[list[bytes], Rows]]:
        """Yield the keys and the embeddings (N, D) of each segment; these stay on the disk."""
        for file in sorted(self.folder.glob("*" + _KEYS)):
            beside = file.with_name(file.name.removesuffix(_KEYS) + _EMBEDS)
            try:
                keys, embeds = np.load(file), np.load(beside, mmap_mode="r")
                fit = _fit(keys, embeds)
            except Exception as error:  # numpy and Python's parser raise errors of many types.
                raise _damaged(file, beside) from error
            if not fit:
                raise _damaged(file, beside)
            yield _to_keys(keys), embeds

    def _read_parts(self) -> Iterator[tuple[Path, list[bytes], Rows]]:
        """Yield the file, the keys and the embeddings (N, D) of each part."""
        for path in sorted(self.parts.glob("*.npz")):
            try:
                with np.load(path) as part:
                    keys, embeds = part["keys"], part["embeds"]
                if not _fit(keys, embeds):
                    raise ValueError(f"{keys.shape} {keys.dtype}, {embeds.shape} {embeds.dtype}")
            except FileNotFoundError:
                continue  # another run has joined it in the meantime
            except Exception as error:  # zipfile and numpy raise errors of many types.
                raise ValueError(f"{path} is damaged: delete it and start again") from error
            yield path, _to_keys(keys), embeds


def stores_of_old_format(cache: Path) -> list[Path]:
    """List the folders that an earlier version wrote, which hold labels besides embeddings."""
    return sorted(file.parent for file in cache.glob("*/labels.npy"))


def note_of_old_stores(cache: Path) -> str:
    """Say which folders of the cache are not read; empty if there are none."""
    old = stores_of_old_format(cache)
    if not old:
        return ""
    return (
        f"--cache {cache}: {len(old)} of its folders are of an earlier version, which did not "
        "notice changed labels or replaced images. They are not read; delete them: "
        + listing([folder.name for folder in old], 5)
    )


def _check_settings(file: Path, wanted: Mapping[str, Any]) -> None:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is damaged: delete the folder {file.parent}") from error
    if found != wanted:
        wrong = [name for name in wanted if found.get(name) != wanted[name]]
        raise ValueError(
            f"{file.parent} states another {' and '.join(wrong)} than its name says: delete that "
            "folder"
        )


def _damaged(keys: Path, embeds: Path) -> ValueError:
    return ValueError(
        f"{keys} and {embeds.name} beside it are damaged or do not belong together: delete both "
        "and start again"
    )


def _fit(keys: npt.NDArray[Any], embeds: npt.NDArray[Any]) -> bool:
    """Whether arrays are N keys and the embeddings of N images."""
    are_keys = keys.dtype == np.uint8 and keys.shape[1:] == (KEY_BYTES,)
    return are_keys and embeds.dtype == np.float32 and embeds.ndim == 2 and len(keys) == len(embeds)


def _to_array(keys: Sequence[bytes]) -> npt.NDArray[np.uint8]:
    return np.frombuffer(b"".join(keys), np.uint8).reshape(-1, KEY_BYTES)


def _to_keys(array: npt.NDArray[np.uint8]) -> list[bytes]:
    content = array.tobytes()
    return [content[start : start + KEY_BYTES] for start in range(0, len(content), KEY_BYTES)]


def _save_array(path: Path, array: npt.NDArray[Any]) -> None:
    with open_atomically(path) as file:
        np.save(file, array)
