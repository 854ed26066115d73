"""Which files are images: the one rule for training, evaluation, prediction and checks.

Case does not count. A name that starts with a dot is the system's (macOS writes ``._a.jpg`` beside
``a.jpg``), not an image.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath

# As in torchvision's ImageFolder, without the dot.
IMAGE_EXTENSIONS = frozenset(("jpg", "jpeg", "png", "ppm", "bmp", "pgm", "tif", "tiff", "webp"))


def is_image_name(name: str) -> bool:
    """Whether a file's name is an image's."""
    stem, _, extension = PurePath(name).name.rpartition(".")
    return bool(stem) and not stem.startswith(".") and extension.lower() in IMAGE_EXTENSIONS


@dataclass
class LeftOut:
    """Files that a listing passed over, by kind.

    Attributes:
        counts: Number of files by kind: an extension with its dot, or ``hidden``.
        examples: A path of each kind.
    """

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, path: str) -> None:
        """Note a file."""
        name = os.path.basename(path)
        suffix = os.path.splitext(name)[1].lower()
        kind = "hidden" if name.startswith(".") else suffix or "no extension"
        self.counts[kind] += 1
        self.examples.setdefault(kind, path)

    def __str__(self) -> str:
        """``3 .txt (a/readme.txt), 1 hidden (a/._b.jpg)``; empty if nothing was left out."""
        kinds = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        return ", ".join(f"{count:,} {kind} ({self.examples[kind]})" for kind, count in kinds)


def images_below(folder: str | os.PathLike[str], left_out: LeftOut | None = None) -> Iterator[str]:
    """List the images below a folder at any depth, in torchvision's order; links are followed.

    Args:
        folder: Where to look.
        left_out: Receives the files that are not images.
    """
    for place, _, files in sorted(os.walk(folder, followlinks=True)):
        for file in sorted(files):
            path = os.path.join(place, file)
            if is_image_name(file):
                yield path
            elif left_out is not None:
                left_out.add(path)


def class_folder_names(root: str | os.PathLike[str]) -> list[str]:
    """Sorted names of the folders in a root, one per class; hidden ones are not classes."""
    with os.scandir(root) as entries:
        return sorted(
            entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")
        )
