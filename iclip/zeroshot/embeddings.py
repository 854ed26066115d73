"""Image embeddings, computed once and kept, so that another set of prompts costs seconds."""

import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from mmengine.dist import (
    barrier,
    broadcast_object_list,
    get_rank,
    get_world_size,
    is_main_process,
)
from torch.utils.data import DataLoader

from iclip.zeroshot import parts
from iclip.zeroshot.batch_size import encode_what_fits, first_batch_size
from iclip.zeroshot.decoding import DecodedPictures, LabelledPictures, stack_readable
from iclip.zeroshot.models import ZeroShotModel

LISTED = 5


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
    batch_size: int | None = None,
    workers: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Embedded:
    """Embed a data set, or take what is kept of it; several ranks share the pictures.

    Args:
        model: Embeds.
        pictures: The data set; a picture that raises is left out and listed.
        fingerprint: Tells the data set from others, see :func:`folder_fingerprint`.
        cache: Folder of the kept embeddings, the same for all ranks.
        batch_size: Pictures at a time; None: as many as the GPU's memory holds, on a CPU 64.
        workers: Processes that decode, of each rank.
        progress: Takes lines with an ETA, on rank 0.

    Raises:
        ValueError: No picture could be read, the kept file is of another model or data set, or
            the batch size does not fit.
    """
    key = {"model": model.fingerprint(), "data": fingerprint, "pictures": len(pictures)}
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:24]
    stored = cache / digest
    # What rank 0 finds holds for all: a rank that starts late would see parts of this very run.
    found: list[Any] = [(stored / "key.json").is_file(), parts.embedded_numbers(stored / "parts")]
    broadcast_object_list(found)
    is_kept, done = found
    if not is_kept:
        _compute(model, pictures, done, stored / "parts", batch_size, workers, progress)
        barrier()
        if is_main_process():
            if not (stored / "key.json").is_file():  # else another run was faster
                _keep(stored, key, *parts.join_parts(stored / "parts", len(pictures)))
            shutil.rmtree(stored / "parts", ignore_errors=True)
        barrier()
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


def _keep(
    stored: Path,
    key: dict[str, Any],
    embeds: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64],
    broken: list[str],
) -> None:
    np.save(stored / "embeds.npy", embeds)
    np.save(stored / "labels.npy", labels)
    (stored / "broken.json").write_text(json.dumps(broken))
    # Last: its presence says that the rest is whole.
    (stored / "key.json").write_text(json.dumps(key))


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
    done: npt.NDArray[np.int64],
    folder: Path,
    batch_size: int | None,
    workers: int,
    progress: Callable[[str], None] | None,
) -> None:
    """Embed this rank's share of the pictures that are not done, and write it in parts."""
    size = first_batch_size(batch_size, model.device)
    left = np.setdiff1d(np.arange(len(pictures)), done).tolist()
    batches = [left[start : start + size] for start in range(0, len(left), size)]
    # Whole batches are shared: in other batches, the last bits of an embedding may be others.
    loader = DataLoader(
        DecodedPictures(pictures, model.transform),
        batch_sampler=batches[get_rank() :: get_world_size()],
        num_workers=workers,
        collate_fn=stack_readable,
    )
    part = parts.Part()
    started = written = time.monotonic()
    for number, batch in enumerate(loader, start=1):
        if batch.images is not None:
            part.rows.append(encode_what_fits(model, batch.images, batch_size))
        part.numbers += batch.numbers
        part.labels += batch.labels
        part.broken |= batch.broken
        now = time.monotonic()
        if now - written >= parts.SECONDS_A_PART:
            part.write(folder)
            part, written = parts.Part(), now
        if progress is not None and is_main_process():
            embedded = min(number * get_world_size() * size, len(left))
            progress(_progress_line(embedded, len(left), len(pictures), now - started))
    part.write(folder)


def _progress_line(embedded: int, of: int, total: int, passed: float) -> str:
    """Pictures are ``embedded`` in this run, ``of`` those that it had to; and the ETA."""
    left = passed / embedded * (of - embedded)
    return (
        f"{total - of + embedded:,}/{total:,} images, {embedded / passed:.0f} a second, "
        f"eta {left // 60:.0f}:{left % 60:02.0f}"
    )


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
