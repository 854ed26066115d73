"""Embeddings on their way to the disk: parts of a data set, written as they are computed.

Each of several ranks writes its own, and a run that was killed goes on after those that it left.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

# What a killed run loses at most.
SECONDS_A_PART = 60.0


@dataclass
class Part:
    """Some pictures of a data set, by their numbers in it.

    Attributes:
        numbers: Of the pictures that were embedded.
        rows: Their embeddings, a tensor (B, D) a batch.
        labels: Their labels.
        broken: Reasons by number, of pictures that could not be read.
    """

    numbers: list[int] = field(default_factory=list)
    rows: list[Tensor] = field(default_factory=list)
    labels: list[Any] = field(default_factory=list)
    broken: dict[int, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write it, if there is something in it; it gets its name once it is whole."""
        numbers = [*self.numbers, *self.broken]
        if not numbers:
            return
        folder.mkdir(parents=True, exist_ok=True)
        # Another run on the same data may write the same pictures at the same time.
        path = folder / f"{min(numbers):09}-{os.getpid()}.npz"
        unfinished = path.with_suffix(".unfinished")
        with unfinished.open("wb") as file:
            np.savez(
                file,
                numbers=np.asarray(self.numbers, dtype=np.int64),
                embeds=torch.cat(self.rows).numpy() if self.rows else np.empty((0, 0)),
                labels=np.asarray(self.labels, dtype=np.int64),
                broken=np.asarray(list(self.broken), dtype=np.int64),
                reasons=np.asarray(list(self.broken.values()), dtype=np.str_),
            )
        unfinished.replace(path)


def embedded_numbers(folder: Path) -> npt.NDArray[np.int64]:
    """Numbers of the pictures whose embeddings are in the parts, sorted; broken ones are not."""
    parts = _read_parts(folder, "numbers")
    return np.unique(np.concatenate([np.empty(0, np.int64), *(p["numbers"] for p in parts)]))


def join_parts(
    folder: Path, total: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64], list[str]]:
    """Put the parts together in the order of the data set.

    Args:
        folder: Holds the parts.
        total: Pictures of the data set.

    Returns:
        Embeddings (N, D), labels (N,) or (N, C), and the reasons why pictures are broken.

    Raises:
        ValueError: Pictures are missing, or none could be read.
    """
    parts = _read_parts(folder, "numbers", "embeds", "labels", "broken", "reasons")
    broken = {
        number: str(reason)
        for part in parts
        for number, reason in zip(part["broken"].tolist(), part["reasons"], strict=True)
    }
    embedded = embedded_numbers(folder)
    # Broken in one run, a picture may have been read in the next.
    unread = sorted(broken.keys() - set(embedded.tolist()))
    missing = total - len(embedded) - len(unread)
    if missing:
        raise ValueError(
            f"{missing} of {total} pictures are in none of the parts that the processes wrote "
            f"below {folder}: --cache has to be one folder for all of them. Start again: what is "
            "there is used"
        )
    reasons = [broken[number] for number in unread]
    if not len(embedded):
        raise ValueError(f"none of {total} pictures could be read: {', '.join(reasons[:3])}")
    whole = [part for part in parts if len(part["numbers"])]
    _, order = np.unique(np.concatenate([part["numbers"] for part in whole]), return_index=True)
    embeds = np.concatenate([part["embeds"] for part in whole])[order]
    labels = np.concatenate([part["labels"] for part in whole])[order]
    return embeds, labels, reasons


def _read_parts(folder: Path, *names: str) -> list[dict[str, npt.NDArray[Any]]]:
    found = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as part:
            found.append({name: part[name] for name in names})
    return found
