"""A model that embeds images, and texts if it has a text tower."""

import hashlib
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from iclip.datasets.readers.decoding import PIXEL_RULE
from iclip.evaluation.text_embedder import TextEmbedder
from iclip.text.class_texts import ClassText
from iclip.text.text_chunks import longest_first, places_in
from iclip.text.token_rows import TokenRows
from iclip.text.tokenizer_protocol import Tokenizer, values_of
from iclip.zeroshot.short_texts import encoder_of_short_texts

TEXTS_PER_BATCH = 256
PRECISIONS = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}
PROJECTION, POOLED = "projection", "pooled"

# An object's address in memory, which differs between processes and so must not enter a hash.
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


@dataclass(frozen=True)
class Origin:
    """Where a model comes from.

    Attributes:
        file: The file of the weights, if it is a single one.
        method: Type of the trained model, if the file states it.
        samples_seen: Number of samples seen in training, if the file states it.
        note: What a user should know about how the file was read; may be empty.
        class_texts: The labels that it was trained on, with the descriptions that its text tower
            has read; empty if there were none, or the file does not state them.
    """

    file: Path | None = None
    method: str | None = None
    samples_seen: int | None = None
    note: str = ""
    class_texts: Sequence[ClassText] = ()


@dataclass
class ImageTextEmbedder(TextEmbedder):
    """Embeds images, and texts if there is a tokenizer, in one space.

    Attributes:
        name: The model's name as the user wrote it.
        network: Offers ``encode_image``, and ``encode_text`` if there is a tokenizer.
        transform: From an image to what ``encode_image`` takes, float32 (3, H, W).
        tokenizer: None for a model of images alone.
        image_size: Side of the transformed images in pixels.
        resize: Short side before the center is cut out, in pixels.
        device: Where the network is: ``cpu`` or ``cuda``.
        precision: Precision of the matrix products, a key of :data:`PRECISIONS`.
        features: ``projection``: embeddings, which are unit vectors of the joint space; ``pooled``:
            the average of the backbone's last map, which is not normalized.
        origin: Where the model comes from.
        largest_batch: Largest batch that fitted the memory; None until one has failed.
    """

    name: str
    network: nn.Module
    transform: Callable[[Image.Image], Tensor]
    tokenizer: Tokenizer | None
    image_size: int
    resize: int
    device: str = "cpu"
    precision: str = "fp32"
    features: str = PROJECTION
    origin: Origin = Origin()
    largest_batch: int | None = None
    # What `fingerprint` has hashed (address and version of each tensor), and the hash.
    _hashed: tuple[tuple[tuple[int, int], ...], str] | None = field(default=None, repr=False)

    @torch.inference_mode()
    def encode_images(self, images: Tensor) -> Tensor:
        """Embed transformed images, (B, 3, H, W): float32 on the CPU, (B, D)."""
        with self._autocast():
            embeds = self.network.encode_image(images.to(self.device))  # type: ignore[operator]
        rows = embeds.float()
        return (rows if self.features == POOLED else F.normalize(rows, dim=-1)).cpu()

    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        """Embed texts: unit rows, float32 on the CPU, (T, D).

        Raises:
            ValueError: The GPU's memory does not hold a single text.
        """
        assert self.tokenizer is not None, "checked when the model was loaded"
        ids = values_of(self.tokenizer(list(texts)))
        return self.encode_rows(TokenRows.from_padded(ids, self.tokenizer.pad_id))

    @torch.inference_mode()
    def encode_rows(self, texts: TokenRows) -> Tensor:
        """Embed tokenized texts: unit rows, float32 on the CPU, (T, D), in the given order.

        Raises:
            ValueError: The GPU's memory does not hold a single text.
        """
        assert self.tokenizer is not None, "checked when the model was loaded"
        # Neighbors in this order have about one length. The hub's models cut off their padding; of
        # open_clip's, those do that `encoder_of_short_texts` knows, and others need full width.
        order = longest_first(texts.lengths)
        short = encoder_of_short_texts(self.network, self.tokenizer.pad_id)
        width = self.tokenizer.context_length if short is None else None
        encode: Any = short or self.network.encode_text
        found: list[Tensor] = []
        start, size = 0, TEXTS_PER_BATCH
        while start < len(texts):
            batch = texts.take(order[start : start + size])
            ids = torch.from_numpy(batch.padded(self.tokenizer.pad_id, width))
            embeds = encode_if_it_fits(partial(self._encode_ids, encode), ids)
            if embeds is not None:
                found.append(embeds)
                start += size
            elif size == 1:
                raise ValueError(no_room(self.name, "text"))
            else:
                size //= 2
        return torch.cat(found)[torch.from_numpy(places_in(order))]

    def _encode_ids(self, encode: Callable[[Tensor], Tensor], ids: Tensor) -> Tensor:
        with self._autocast():
            embeds = encode(ids.to(self.device))
        return F.normalize(embeds.float(), dim=-1).cpu()

    def embedding_settings(self) -> dict[str, Any]:
        """Return all that an embedding depends on besides its image, as plain values."""
        return {
            "weights": self.fingerprint(),
            "pixels": PIXEL_RULE,
            "transform": _ADDRESS.sub("", repr(self.transform)),
            "image_size": self.image_size,
            "resize": self.resize,
            "device": self.device,
            "precision": self.precision,
            "features": self.features,
        }

    def fingerprint(self) -> str:
        """Return a hash of the network's layers and weights, computed again if these changed."""
        state = self.network.state_dict()
        # torch counts up a tensor's version at each change in place.
        versions = tuple((t.data_ptr(), t._version) for t in state.values())
        if self._hashed is None or self._hashed[0] != versions:
            # The layers, too: networks of different activations can have the same weights.
            layers = _ADDRESS.sub("", repr(self.network))
            digest = hashlib.blake2b(layers.encode(), digest_size=16)
            for name, tensor in state.items():
                digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
                # As bytes, because numpy has no bfloat16.
                digest.update(tensor.cpu().contiguous().view(-1).view(torch.uint8).numpy())
            self._hashed = versions, digest.hexdigest()
        return self._hashed[1]

    def _autocast(self) -> AbstractContextManager[Any]:
        dtype = PRECISIONS[self.precision]
        return nullcontext() if dtype is None else torch.autocast(self.device, dtype)


def choose_precision(asked: str | None, device: str) -> str:
    """Choose the precision: by default bf16 on a GPU that multiplies in it, else fp32.

    Args:
        asked: The user's --precision; None for the default.
        device: ``cpu`` or ``cuda``.

    Raises:
        ValueError: It is unknown, or the GPU has no bfloat16 arithmetic.
    """
    if asked is not None and asked not in PRECISIONS:
        raise ValueError(f"--precision is {asked!r}; it takes one of {', '.join(PRECISIONS)}")
    has_bf16 = device != "cuda" or torch.cuda.is_bf16_supported(including_emulation=False)
    if asked == "bf16" and not has_bf16:
        raise ValueError(
            f"--precision bf16: {torch.cuda.get_device_name()} has no bfloat16 arithmetic; take "
            "fp16 or fp32"
        )
    return asked or ("bf16" if device == "cuda" and has_bf16 else "fp32")


def encode_if_it_fits(encode: Callable[[Tensor], Tensor], batch: Tensor) -> Tensor | None:
    """Encode a batch; None if the GPU's memory does not hold it."""
    try:
        return encode(batch)
    except torch.OutOfMemoryError:
        pass
    # Outside `except`: inside, the error's traceback still holds the failed batch's tensors.
    torch.cuda.empty_cache()
    return None


def no_room(name: str, thing: str) -> str:
    """Say that the GPU's memory does not hold a model and one ``thing`` (image or text) at once."""
    return (
        f"MODEL {name}: the GPU's memory does not hold a single {thing} beside it. "
        "Free the GPU of other work, or run with --device cpu"
    )
