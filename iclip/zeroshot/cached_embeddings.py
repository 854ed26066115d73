"""Image embeddings, computed once and kept, so that another set of prompts costs seconds.

An embedding is found by the content of its image alone. Labels, captions, names and the order of a
data set are read anew each time, so they may change.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from mmengine.dist import get_rank, get_world_size, is_main_process
from torch.utils.data import DataLoader

from iclip.distributed import barrier, broadcast_object, gather_objects
from iclip.evaluation.finite import check_finite
from iclip.messages import listing
from iclip.progress import Progress
from iclip.ranks.phases import enter
from iclip.ranks.process_group import TIMEOUT_S
from iclip.zeroshot.batch_size import encode_what_fits, first_batch_size
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.embedding_store import EmbeddingPart, EmbeddingStore, Rows
from iclip.zeroshot.image_readers import ImageReader, content_keys
from iclip.zeroshot.readable_images import DecodedImages, Unread, stack_readable

# The phase of reading and embedding a batch, see iclip.ranks.phases.
EMBEDDING = "embedding a batch"
# A part is written after so many seconds: a killed run loses no more work than that.
SECONDS_PER_PART = 60.0
# Number of unread images that a message names.
MAX_LISTED = 5
# So many images, evenly spaced, show whether embeddings of a data set are likely to be kept.
NUM_SAMPLED = 256


class NothingReadable(ValueError):
    """No image of a data set could be read."""


@dataclass(frozen=True)
class EmbeddedSet:
    """A data set's embeddings.

    Attributes:
        embeds: Embeddings of the N images that were read, or the backbone's pooled features of
            them; (N, D).
        numbers: Number of each row's image in the data set, ascending, (N,).
        broken: Names of images that cannot be decoded, with reasons.
        missing: Names of images whose file does not exist.
    """

    embeds: Rows
    numbers: npt.NDArray[np.int64]
    broken: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass
class KnownImages:
    """What is known of a data set's images, by their numbers.

    Attributes:
        keys: Keys of the images that could be read.
        unread: Why the other images could not be read.
        not_finite: Numbers of the images whose embeddings hold NaN or infinity.
    """

    keys: dict[int, bytes] = field(default_factory=dict)
    unread: dict[int, Unread] = field(default_factory=dict)
    not_finite: set[int] = field(default_factory=set)

    def update(self, other: "KnownImages") -> None:
        """Add what another rank has found."""
        self.keys |= other.keys
        self.unread |= other.unread
        self.not_finite |= other.not_finite


def embed(
    model: ImageTextEmbedder,
    reader: ImageReader,
    cache: Path,
    batch_size: int | None = None,
    workers: int = 0,
) -> EmbeddedSet:
    """Embed the images of a data set, or take the embeddings from disk where they are kept.

    Several ranks share the work. Every image is read, since its content is the key of its
    embedding.

    Args:
        model: Embeds the images.
        reader: Reads the images; one that cannot be read is left out and listed.
        cache: Folder of the kept embeddings, the same for all ranks.
        batch_size: Images per batch; None: as many as the GPU's memory holds, 64 on a CPU.
        workers: Number of decoding processes per rank.

    Returns:
        The embeddings. They have no rows on ranks other than 0, whose work ends here.

    Raises:
        NothingReadable: No image could be read.
        ValueError: Embeddings are not finite, kept files are damaged, or the batch size does not
            fit the memory.
    """
    store = EmbeddingStore(cache, model.embedding_settings())
    # Rank 0 decides for all ranks: one that looks later would also find parts of this run.
    known = broadcast_object(_look_up(store, reader) if is_main_process() else None)
    absent = [number for number in range(len(reader)) if number not in known.keys]
    computed = _compute(model, reader, absent, store, batch_size, workers)
    for share in gather_objects(computed):
        known.update(share)
    _check(known, reader)
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


def _look_up(store: EmbeddingStore, reader: ImageReader) -> KnownImages:
    """Find the images whose embeddings are kept."""
    kept = store.keys()
    sample = range(0, len(reader), max(1, len(reader) // NUM_SAMPLED))
    # If no sampled image is kept, probably none is. Then the images are read only once, to embed
    # them, and not a first time to look them up.
    if not kept or kept.isdisjoint(content_keys(reader, sample)):
        return KnownImages()
    keys = enumerate(content_keys(reader, progress=_progress("looking up", len(reader))))
    return KnownImages({number: key for number, key in keys if key is not None and key in kept})


def _compute(
    model: ImageTextEmbedder,
    reader: ImageReader,
    absent: Sequence[int],
    store: EmbeddingStore,
    batch_size: int | None,
    workers: int,
) -> KnownImages:
    """Embed this rank's share of the absent images, and write it in parts."""
    size = first_batch_size(batch_size, model.device)
    batches = [list(absent[start : start + size]) for start in range(0, len(absent), size)]
    # Ranks take whole batches, because the last bits of an embedding may depend on its batch.
    loader = DataLoader(
        DecodedImages(reader, model.transform),
        batch_sampler=batches[get_rank() :: get_world_size()],
        num_workers=workers,
        collate_fn=stack_readable,
    )
    share, part = KnownImages(), EmbeddingPart()
    progress = _progress("embedding", len(absent))
    written = time.monotonic()
    enter(EMBEDDING, limit_s=TIMEOUT_S)
    for batch in loader:
        # Anew: the watch over the ranks sees that the work goes on.
        enter(EMBEDDING, limit_s=TIMEOUT_S)
        share.keys |= batch.keys
        share.unread |= batch.unread
        if batch.images is not None:
            rows = encode_what_fits(model, batch.images, batch_size)
            # Only finite rows are kept: every later run would find the others again.
            finite = rows.isfinite().all(dim=1)  # B, D -> B
            images = zip(batch.keys.items(), finite.tolist(), strict=True)
            finite_keys = {number: key for (number, key), is_finite in images if is_finite}
            share.not_finite |= batch.keys.keys() - finite_keys.keys()
            part.keys += finite_keys.values()
            part.rows.append(rows[finite])
        now = time.monotonic()
        if now - written >= SECONDS_PER_PART:
            store.write(part)
            part, written = EmbeddingPart(), now
        if progress is not None:
            # Rank 0 shows the progress, and takes the other ranks to be as fast as itself.
            progress.advance(min(get_world_size() * size, progress.total - progress.done))
    store.write(part)
    enter("joining the embeddings")
    return share


def _check(known: KnownImages, reader: ImageReader) -> None:
    """Refuse a data set without a readable image, and embeddings that are not finite."""
    if not known.keys:
        reasons = [unread.reason for unread in known.unread.values()]
        raise NothingReadable(
            f"none of {len(reader)} images could be read: {listing(reasons, 3)}"
            if reasons
            else "the data set holds no images"
        )
    numbers = sorted(known.keys)
    # `check_finite` takes embeddings, but each rank has only those of its own share. In their place
    # comes one column, with NaN for each image whose embedding is not finite: N -> N, 1
    rows = torch.tensor([float("nan") if n in known.not_finite else 0.0 for n in numbers])
    check_finite(rows[:, None], "image embeddings", lambda row: reader.name(numbers[row]))


def _progress(label: str, total: int) -> Progress | None:
    """Show progress on rank 0's terminal; a log file would get a line every few seconds."""
    return Progress(label, total, sys.stderr) if is_main_process() and sys.stderr.isatty() else None


def unread_summary(embedded: EmbeddedSet) -> str:
    """Say how many images were left out, and name the first few; empty if all were read."""
    total = len(embedded.numbers) + len(embedded.broken) + len(embedded.missing)
    kinds = ((embedded.broken, "could not be read"), (embedded.missing, "are missing"))
    parts = [
        f"{len(names)} of {total} images {what}: {listing(names, MAX_LISTED)}"
        for names, what in kinds
        if names
    ]
    return "; ".join(parts)
