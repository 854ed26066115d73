"""Which files are images, and which entries of a folder are classes: one rule for all readers.

Case does not matter. A name that starts with a dot belongs to the system (macOS writes ``._a.jpg``
beside ``a.jpg``) and is not an image.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from iclip.files.storage import base_name, is_remote, join, list_below, list_folder, parent

# The extensions of torchvision's ImageFolder, without the dot.
IMAGE_EXTENSIONS = frozenset(("jpg", "jpeg", "png", "ppm", "bmp", "pgm", "tif", "tiff", "webp"))

# What the hub itself writes beside the data: indices, and the locks of those being written.
OWN_SUFFIXES = (".idx.npz", ".idx", ".idx.lock", ".partial")


def is_image_name(name: str) -> bool:
    """Whether a file's name is that of an image."""
    # pathlib takes several times as long, and there are millions of names.
    stem, _, extension = os.path.basename(name).rpartition(".")
    return bool(stem) and not stem.startswith(".") and extension.lower() in IMAGE_EXTENSIONS


class ClassEntries(NamedTuple):
    """Names of the folders and tars below a root; each of them is one class."""

    folders: list[str]
    tars: list[str]

    @property
    def classes(self) -> list[str]:
        """Names of the classes: the folders', and the tars' without ``.tar``."""
        return [*self.folders, *(Path(tar).stem for tar in self.tars)]


@dataclass
class LeftOut:
    """Files that a listing left out, by kind.

    Attributes:
        counts: Number of files per kind: an extension with its dot, or ``hidden``.
        examples: A path per kind.
    """

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, path: str, kind: str | None = None) -> None:
        """Count a file; its name decides its kind unless that is given."""
        if kind is None:
            name = os.path.basename(path)
            suffix = os.path.splitext(name)[1].lower()
            kind = "hidden" if name.startswith(".") else suffix or "no extension"
        self.counts[kind] += 1
        self.examples.setdefault(kind, path)

    def update(self, other: "LeftOut") -> None:
        """Add what another listing left out."""
        self.counts.update(other.counts)
        self.examples = {**other.examples, **self.examples}

    def __str__(self) -> str:
        """``3 .txt (a/readme.txt), 1 hidden (a/._b.jpg)``; empty if nothing was left out."""
        kinds = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        return ", ".join(f"{count:,} {kind} ({self.examples[kind]})" for kind, count in kinds)


def images_below(
    folder: str | os.PathLike[str],
    left_out: LeftOut | None = None,
    visit: Callable[[str], object] = lambda folder: None,
) -> Iterator[str]:
    """List the images below a folder; see :func:`files_below`."""
    return files_below(folder, is_image_name, left_out, visit)


def files_below(
    folder: str | os.PathLike[str],
    is_wanted: Callable[[str], bool],
    left_out: LeftOut | None = None,
    visit: Callable[[str], object] = lambda folder: None,
) -> Iterator[str]:
    """List the wanted files below a folder at any depth, in torchvision's order; follow links.

    Args:
        folder: Where to look, or its URL.
        is_wanted: Decides by the file's name.
        left_out: Receives the other files, and links to a folder above.
        visit: Receives the path of each folder before it is listed; in a bucket, folders are only
            parts of names, and it receives none.

    Raises:
        OSError: A folder cannot be read.
    """
    left_out = LeftOut() if left_out is None else left_out
    for place, _, files in sorted(_walk(folder, left_out, visit)):
        for file in sorted(files):
            path = os.path.join(place, file)
            if is_wanted(file):
                yield path
            else:
                left_out.add(path)


def _walk(
    folder: str | os.PathLike[str], left_out: LeftOut, visit: Callable[[str], object]
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walk as os.walk does, but not in circles, and stop at a folder that cannot be read."""
    if is_remote(folder):
        yield from _walk_bucket(os.fspath(folder))
        return
    visit(os.fspath(folder))
    for place, folders, files in os.walk(os.fspath(folder), onerror=_raise, followlinks=True):
        circles = [name for name in folders if _leads_back(place, name)]
        for name in circles:
            folders.remove(name)
            left_out.add(os.path.join(place, name), "links to a folder above")
        for name in folders:
            visit(os.path.join(place, name))
        yield place, folders, files


def _walk_bucket(folder: str) -> Iterator[tuple[str, list[str], list[str]]]:
    files_by_place: dict[str, list[str]] = {}
    for path in list_below(folder):
        files_by_place.setdefault(parent(path), []).append(base_name(path))
    for place, files in files_by_place.items():
        yield place, [], files


def _leads_back(place: str, name: str) -> bool:
    """Whether a folder in ``place`` is a link to ``place`` or to a folder above: a circle."""
    path = os.path.join(place, name)
    if not os.path.islink(path):
        return False
    target, here = os.path.realpath(path), os.path.realpath(place)
    return os.path.commonpath((target, here)) == target


def _raise(error: OSError) -> None:
    raise error


def class_entries(root: str | os.PathLike[str], left_out: LeftOut | None = None) -> ClassEntries:
    """List the folders and the tars of a root, sorted by name; each of them is one class.

    Names that start with a dot are not classes.

    Args:
        root: Where to look, or its URL.
        left_out: Receives what is neither a folder nor a tar.
    """
    found = ClassEntries([], [])
    left_out = LeftOut() if left_out is None else left_out
    for name, is_folder in list_folder(root):
        hidden = name.startswith(".")
        if not hidden and is_folder:
            found.folders.append(name)
        elif not hidden and name.lower().endswith(".tar"):
            found.tars.append(name)
        elif not name.endswith(OWN_SUFFIXES):
            left_out.add(join(root, name))
    return found
