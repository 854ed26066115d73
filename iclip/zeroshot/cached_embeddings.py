"""Image embeddings, computed once and kept, so that another set of prompts costs seconds.

What is kept is found again by the content of the picture alone: labels, captions, names and the
order of a data set are read anew each time, and may change.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from mmengine.dist import (
    all_gather_object,
    barrier,
    broadcast_object_list,
    get_rank,
    get_world_size,
    is_main_process,
)
from torch.utils.data import DataLoader

from iclip.evaluation.finite import check_finite
from iclip.messages import listing
from iclip.progress import Progress
from iclip.zeroshot.batch_size import encode_what_fits, first_batch_size
from iclip.zeroshot.decoding import DecodedPictures, Unread, stack_readable
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.embedding_store import EmbeddingPart, EmbeddingStore, Rows
from iclip.zeroshot.pictures import Pictures, content_keys

# What a killed run loses at most.
SECONDS_A_PART = 60.0
LISTED = 5
# Pictures, evenly spaced, that tell whether a data set may be among what is kept.
SAMPLED = 256


class NothingReadable(ValueError):
    """Of a data set, no picture could be read."""


@dataclass(frozen=True)
class EmbeddedSet:
    """A data set's embeddings.

    Attributes:
        embeds: Unit rows, or the backbone's pooled features; float32, (N, D).
        numbers: Of each row its picture's number in the data set, ascending, (N,).
        broken: Pictures that cannot be decoded: names with reasons.
        missing: Pictures whose file is not there, likewise.
    """

    embeds: Rows
    numbers: npt.NDArray[np.int64]
    broken: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass
class Looked:
    """What is known of a data set's pictures, by their numbers.

    Attributes:
        keys: Of pictures that are embedded.
        unread: Why others are not.
        not_finite: Pictures whose embeddings hold NaN or infinity.
    """

    keys: dict[int, bytes] = field(default_factory=dict)
    unread: dict[int, Unread] = field(default_factory=dict)
    not_finite: set[int] = field(default_factory=set)

    def update(self, other: "Looked") -> None:
        """Add what is known elsewhere."""
        self.keys |= other.keys
        self.unread |= other.unread
        self.not_finite |= other.not_finite


def embed(
    model: ImageTextEmbedder,
    pictures: Pictures,
    cache: Path,
    batch_size: int | None = None,
    workers: int = 0,
) -> EmbeddedSet:
    """Embed a data set, or take what is kept of it; several ranks share the pictures.

    Every picture is read, also where its embedding is kept: its content is what it is found by.

    Args:
        model: Embeds.
        pictures: The data set; a picture that cannot be read is left out and listed.
        cache: Folder of the kept embeddings, the same for all ranks.
        batch_size: Pictures at a time; None: as many as the GPU's memory holds, on a CPU 64.
        workers: Processes that decode, of each rank.

    Returns:
        The embeddings; on other ranks than 0, whose work ends here, without rows.

    Raises:
        NothingReadable: No picture could be read.
        ValueError: Embeddings are not finite, kept files are damaged, or
            the batch size does not fit.
    """
    store = EmbeddingStore(cache, model.embedding_settings())
    # What rank 0 finds holds for all: a rank that starts late would see parts of this very run.
    found: list[Any] = [_look_up(store, pictures) if is_main_process() else None]
    broadcast_object_list(found)
    known: Looked = found[0]
    absent = [number for number in range(len(pictures)) if number not in known.keys]
    computed = _compute(model, pictures, absent, store, batch_size, workers)
    for looked in all_gather_object(computed):
        known.update(looked)
    _check(known, pictures)
    if is_main_process():
        store.join_parts()
    barrier()
    numbers = sorted(known.keys)
    wanted = [known.keys[number] for number in numbers]
    unread = [known.unread[number] for number in sorted(known.unread)]
    return EmbeddedSet(
        store.take(wanted) if is_main_process() else np.empty((0, 0), np.float32),
        np.asarray(numbers, dtype=np.int64),
        tuple(found.reason for found in unread if not found.is_missing),
        tuple(found.reason for found in unread if found.is_missing),
    )


def _look_up(store: EmbeddingStore, pictures: Pictures) -> Looked:
    """Find the pictures whose embeddings are kept."""
    kept = store.keys()
    some = range(0, len(pictures), max(1, len(pictures) // SAMPLED))
    # Where none of some is kept, reading all of them first would most likely be for nothing.
    if not kept or kept.isdisjoint(content_keys(pictures, some)):
        return Looked()
    keys = enumerate(content_keys(pictures, progress=_progress("looking up", len(pictures))))
    return Looked({number: key for number, key in keys if key is not None and key in kept})


def _compute(
    model: ImageTextEmbedder,
    pictures: Pictures,
    absent: Sequence[int],
    store: EmbeddingStore,
    batch_size: int | None,
    workers: int,
) -> Looked:
    """Embed this rank's share of the pictures that are not kept, and write it in parts."""
    size = first_batch_size(batch_size, model.device)
    batches = [list(absent[start : start + size]) for start in range(0, len(absent), size)]
    # Whole batches are shared: in other batches, the last bits of an embedding may be others.
    loader = DataLoader(
        DecodedPictures(pictures, model.transform),
        batch_sampler=batches[get_rank() :: get_world_size()],
        num_workers=workers,
        collate_fn=stack_readable,
    )
    looked, part = Looked(), EmbeddingPart()
    progress = _progress("embedding", len(absent))
    written = time.monotonic()
    for batch in loader:
        looked.keys |= batch.keys
        looked.unread |= batch.unread
        if batch.images is not None:
            rows = encode_what_fits(model, batch.images, batch_size)
            # What is not finite is never kept.
            finite = rows.isfinite().all(dim=1)
            pairs = zip(batch.keys.items(), finite.tolist(), strict=True)
            good = {picture: key for (picture, key), is_finite in pairs if is_finite}
            looked.not_finite |= batch.keys.keys() - good.keys()
            part.keys += good.values()
            part.rows.append(rows[finite])
        now = time.monotonic()
        if now - written >= SECONDS_A_PART:
            store.write(part)
            part, written = EmbeddingPart(), now
        if progress is not None:  # the other ranks are as far
            progress.advance(min(get_world_size() * size, progress.total - progress.done))
    store.write(part)
    return looked


def _check(looked: Looked, pictures: Pictures) -> None:
    """Stop where there is no picture, or an embedding that is not finite."""
    if not looked.keys:
        reasons = [found.reason for found in looked.unread.values()]
        raise NothingReadable(
            f"none of {len(pictures)} pictures could be read: {listing(reasons, 3)}"
            if reasons
            else "the data set holds no pictures"
        )
    numbers = sorted(looked.keys)
    rows = torch.tensor([float("nan") if n in looked.not_finite else 0.0 for n in numbers])
    check_finite(rows[:, None], "image embeddings", lambda row: pictures.name(numbers[row]))


def _progress(label: str, total: int) -> Progress | None:
    """On rank 0 and a terminal; a log would get a line every few seconds."""
    return Progress(label, total) if is_main_process() and sys.stderr.isatty() else None


def unread_summary(embedded: EmbeddedSet) -> str:
    """Say how many pictures were left out, naming the first few; empty for none."""
    total = len(embedded.numbers) + len(embedded.broken) + len(embedded.missing)
    kinds = ((embedded.broken, "could not be read"), (embedded.missing, "are missing"))
    said = [
        f"{len(names)} of {total} pictures {what}: {listing(names, LISTED)}"
        for names, what in kinds
        if names
    ]
    return "; ".join(said)
