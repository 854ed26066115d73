"""How many images a model embeds at a time: as many as the user says, or as the GPU holds.

Not run on a GPU yet: the tests stand in a model that raises the GPU's error above some size.
"""

import torch
from torch import Tensor

from iclip.zeroshot.embedding_model import ImageTextEmbedder, no_room

# On a GPU the larger, the better until it is busy; 512 images of 224 pixels are 0.3 GB, of which
# each process that decodes keeps two.
FIRST_TRY = {"cpu": 64, "cuda": 512}


def first_batch_size(told: int | None, device: str) -> int:
    """Images that are decoded together and embedded at once if they fit.

    Raises:
        ValueError: The user's number is below 1.
    """
    if told is not None and told < 1:
        raise ValueError(f"--batch-size is {told}; it takes a number from 1 up")
    return told or FIRST_TRY[device]


def encode_what_fits(model: ImageTextEmbedder, images: Tensor, told: int | None) -> Tensor:
    """Embed a batch, by halves and quarters where the GPU's memory does not hold it.

    The size that fits is kept in ``model.largest_batch`` for all that follows.

    Args:
        model: Embeds.
        images: Transformed images, (B, 3, H, W).
        told: The user's batch size, which is not changed; None: what fits.

    Returns:
        (B, D)

    Raises:
        ValueError: The user's batch size, or a single image, does not fit.
    """
    rows: list[Tensor] = []
    start = 0
    while start < len(images):
        size = min(told or model.largest_batch or len(images), len(images) - start)
        embeds = _encode_or_none(model, images[start : start + size])
        if embeds is not None:
            rows.append(embeds)
            start += size
        elif told is not None:
            raise ValueError(
                f"--batch-size {told}: the GPU's memory does not hold {size} images at a time. "
                "Take a smaller number, or leave the option out: then as many are taken as fit"
            )
        elif size == 1:
            raise ValueError(no_room(model.name, "image"))
        else:
            model.largest_batch = size // 2
    return torch.cat(rows)


def memory_note(model: ImageTextEmbedder) -> str:
    """Say which batch size fitted; empty where nothing had to be halved."""
    size = model.largest_batch
    return "" if size is None else f"batch size {size}: more did not fit the GPU's memory"


def _encode_or_none(model: ImageTextEmbedder, images: Tensor) -> Tensor | None:
    try:
        return model.encode_images(images)
    except torch.OutOfMemoryError:
        pass
    # Out here, the error no longer keeps the failed batch's tensors alive.
    torch.cuda.empty_cache()
    return None
