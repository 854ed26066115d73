"""How many images a model embeds at a time: as many as the user says, or as the memory holds.

It has met no GPU without room yet: in the tests, a model raises the GPU's error above some size.
"""

import torch
from torch import Tensor

from iclip.zeroshot.embedding_model import ImageTextEmbedder, encode_if_it_fits, no_room

# Images per batch. Larger batches are faster until the GPU is busy, but each decoding process keeps
# two of them in memory: 512 float32 images of 224 pixels are 0.3 GB.
FIRST_TRY = {"cpu": 64, "cuda": 512}


def first_batch_size(requested: int | None, device: str) -> int:
    """Return how many images are decoded together, and embedded together if they fit.

    Args:
        requested: The user's --batch-size; None for the default.
        device: ``cpu`` or ``cuda``.

    Raises:
        ValueError: The user's number is below 1.
    """
    if requested is not None and requested < 1:
        raise ValueError(f"--batch-size is {requested}; it takes a number from 1 up")
    return requested or FIRST_TRY[device]


def encode_what_fits(model: ImageTextEmbedder, images: Tensor, requested: int | None) -> Tensor:
    """Embed a batch; if the GPU's memory does not hold it, in halves, quarters and so on.

    The size that fits is kept in ``model.largest_batch`` for later batches.

    Args:
        model: Embeds the images.
        images: Transformed images, (B, 3, H, W).
        requested: The user's --batch-size, which is never reduced; None: what fits.

    Returns:
        Embeddings, float32 on the CPU, (B, D).

    Raises:
        ValueError: The user's batch size, or a single image, does not fit.
    """
    rows: list[Tensor] = []
    start = 0
    while start < len(images):
        size = min(requested or model.largest_batch or len(images), len(images) - start)
        embeds = encode_if_it_fits(model.encode_images, images[start : start + size])
        if embeds is not None:
            rows.append(embeds)
            start += size
        elif requested is not None:
            raise ValueError(
                f"--batch-size {requested}: the GPU's memory does not hold {size} images at a "
                "time. Take a smaller number, or leave the option out to take as many as fit"
            )
        elif size == 1:
            raise ValueError(no_room(model.name, "image"))
        else:
            model.largest_batch = size // 2
    return torch.cat(rows)


def memory_note(model: ImageTextEmbedder) -> str:
    """Say which batch size fitted; empty if the first one did."""
    size = model.largest_batch
    return "" if size is None else f"batch size {size}: more did not fit the GPU's memory"
