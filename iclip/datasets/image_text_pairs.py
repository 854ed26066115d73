"""Image-text pairs from tar shards, as img2dataset writes them (jpg, txt, json)."""

import os
from collections.abc import Sequence
from typing import Any

from iclip.datasets.decoding import DecodeError
from iclip.datasets.shard_patterns import expand_shards
from iclip.datasets.shard_table import ShardTable
from iclip.datasets.source import ImageTransform, Sample, Source, Tokenizer, built_tokenizer
from iclip.registry import DATASETS


@DATASETS.register_module()
class ImageTextPairs(Source):
    """Image-text pairs from tar shards, with random access.

    The first use of a shard indexes it (``x.tar.idx.npz``); later ones find the index. The shards
    must not change during a run.

    Args:
        shards: A folder with tars, a pattern (``*``, ``{00000..00041}.tar``), a tar, or a list.
        image_transform: Callable, or its config: (encoded bytes, seed) -> uint8 (3, H, W).
        tokenizer: Callable, or its config: T texts -> ids (T, L).
        text_extension: Extension of the captions' members.
        without_text: What to do about images that have no text: ``'error'``, or ``'skip'``, which
            reports their number.
        fraction: Share of the pairs to use, taken at even distances over all shards.
        index_folder: Where the indices are kept; None for beside the shards or, where nothing can
            be written there, in the user's cache folder.

    Raises:
        FileNotFoundError: Shards are missing.
        ValueError: A shard is damaged, or holds images without a text.
    """

    def __init__(
        self,
        shards: str | Sequence[str],
        image_transform: ImageTransform | dict[str, Any],
        tokenizer: Tokenizer | dict[str, Any],
        text_extension: str = "txt",
        without_text: str = "error",
        fraction: float = 1.0,
        index_folder: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__(image_transform, fraction)
        self.tokenizer = built_tokenizer(tokenizer)
        self._table = ShardTable(
            expand_shards("ImageTextPairs(shards=...)", shards),
            text_extension,
            without_text,
            index_folder,
        )

    @property
    def stored_count(self) -> int:
        """Number of pairs in the shards."""
        return len(self._table)

    def read(self, stored: int) -> tuple[bytes, Sample]:
        """Read a pair: the encoded image, and ``token_ids`` (L,)."""
        image, text = self._table.read(stored)
        try:
            caption = text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DecodeError(f"the caption is not UTF-8 ({error})") from error
        return image, {"token_ids": self.tokenizer([caption])[0]}

    def describe(self, stored: int) -> str:
        """Name a pair's shard and image."""
        return self._table.describe(stored)
