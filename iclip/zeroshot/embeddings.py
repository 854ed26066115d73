"""Image embeddings, computed once and kept, so that another set of prompts costs seconds."""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from iclip.zeroshot.models import ZeroShotModel

LISTED = 5


class LabelledPictures(Protocol):
    """What torchvision's data sets offer."""

    def __len__(self) -> int:
        """Number of pictures."""

    def __getitem__(self, index: int) -> tuple[Image.Image, Any]:
        """A picture and its label."""


@dataclass(frozen=True)
class Embedded:
    """A data set's embeddings.

    Attributes:
        embeds: Unit rows, float32, (N, D); mapped from the disk.
        labels: (N,) class indices, or (N, C) of 1 (present), 0 and -1 (do not count).
        broken: Pictures that could not be read, with the reasons.
    """

    embeds: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]
    broken: tuple[str, ...] = ()


def embed(
    model: ZeroShotModel,
    pictures: LabelledPictures,
    fingerprint: str,
    cache: Path,
    batch_size: int = 64,
    workers: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Embedded:
    """Embed a data set, or take what is kept of it.

    Args:
        model: Embeds.
        pictures: The data set; a picture that raises is left out and listed.
        fingerprint: Tells the data set from others, see :func:`folder_fingerprint`.
        cache: Folder of the kept embeddings.
        batch_size: Pictures at a time.
        workers: Processes that decode.
        progress: Takes lines with an ETA.

    Raises:
        ValueError: No picture could be read, or the kept file is of another model or data set.
    """
    key = {"model": model.fingerprint(), "data": fingerprint, "pictures": len(pictures)}
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:24]
    stored = cache / digest
    if (stored / "key.json").is_file():
        return _read(stored, key)
    rows, labels, broken = _compute(model, pictures, batch_size, workers, progress)
    if not rows:
        raise ValueError(f"none of {len(pictures)} pictures could be read: {', '.join(broken[:3])}")
    stored.mkdir(parents=True, exist_ok=True)
    np.save(stored / "embeds.npy", torch.cat(rows).numpy())
    np.save(stored / "labels.npy", np.asarray(labels, dtype=np.int64))
    (stored / "broken.json").write_text(json.dumps(broken))
    # Last: its presence says that the rest is whole.
    (stored / "key.json").write_text(json.dumps(key))
    return _read(stored, key)


def folder_fingerprint(*folders: Path) -> str:
    """Hash the names and sizes of all files in some folders."""
    digest = hashlib.sha256()
    for folder in folders:
        for current, below, files in os.walk(folder):
            below.sort()
            for name in sorted(files):
                path = Path(current, name)
                digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\n".encode())
    return digest.hexdigest()


def _read(stored: Path, key: dict[str, Any]) -> Embedded:
    found = json.loads((stored / "key.json").read_text())
    if found != key:
        wrong = [name for name in key if found.get(name) != key[name]]
        raise ValueError(
            f"{stored} holds embeddings of another {' and '.join(wrong)} than its name says: "
            "delete that folder"
        )
    return Embedded(
        np.load(stored / "embeds.npy", mmap_mode="r"),
        np.load(stored / "labels.npy"),
        tuple(json.loads((stored / "broken.json").read_text())),
    )


def _compute(
    model: ZeroShotModel,
    pictures: LabelledPictures,
    batch_size: int,
    workers: int,
    progress: Callable[[str], None] | None,
) -> tuple[list[torch.Tensor], list[Any], list[str]]:
    loader = DataLoader(
        _Decoded(pictures, model.transform),
        batch_size=batch_size,
        num_workers=workers,
        collate_fn=list,
    )
    rows, labels, broken = [], [], []
    started = time.monotonic()
    for number, batch in enumerate(loader, start=1):
        good = [(image, label) for image, label, _ in batch if image is not None]
        broken += [reason for image, _, reason in batch if image is None]
        if good:
            rows.append(model.encode_images(torch.stack([image for image, _ in good])))
            labels += [label for _, label in good]
        done, passed = min(number * batch_size, len(pictures)), time.monotonic() - started
        left = passed / done * (len(pictures) - done)
        if progress is not None:
            progress(
                f"{done:,}/{len(pictures):,} images, {done / passed:.0f} a second, "
                f"eta {left // 60:.0f}:{left % 60:02.0f}"
            )
    return rows, labels, broken


class _Decoded(Dataset[tuple[torch.Tensor | None, Any, str]]):
    """Pictures through the transform; one that cannot be read is None with a reason."""

    def __init__(
        self, pictures: LabelledPictures, transform: Callable[[Image.Image], torch.Tensor]
    ) -> None:
        self.pictures, self.transform = pictures, transform

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> tuple[torch.Tensor | None, Any, str]:
        try:
            picture, label = self.pictures[index]
            return self.transform(picture.convert("RGB")), label, ""
        except Exception as error:  # Pillow and the data sets have types of their own
            reason = (str(error) or repr(error)).splitlines()[0]
            return None, None, f"number {index}: {reason}"


def say_on_one_line(line: str) -> None:
    """Print progress over the last line on a terminal, and nothing elsewhere."""
    if sys.stderr.isatty():
        print(f"\r{line:<78}", end="", file=sys.stderr, flush=True)


def broken_summary(broken: Sequence[str], total: int) -> str:
    """Say how many pictures were left out, naming the first few; empty for none."""
    if not broken:
        return ""
    more = f" and {len(broken) - LISTED} more" if len(broken) > LISTED else ""
    listed = ", ".join(broken[:LISTED])
    return f"{len(broken)} of {total} pictures could not be read: {listed}{more}"
