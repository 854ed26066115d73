"""Image-text pairs from tar shards, as img2dataset writes them (jpg, txt, json)."""

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np

from iclip.data_summary import DataSummary
from iclip.datasets.indexed_source import IndexedSource
from iclip.datasets.readers.decoding import DecodeError
from iclip.datasets.readers.joint_index import joint_index
from iclip.datasets.readers.sample_members import SampleNames
from iclip.datasets.readers.shard_index import ShardIndex
from iclip.datasets.readers.shard_patterns import expand_shards
from iclip.datasets.readers.shard_table import ShardTable
from iclip.datasets.sample_source import ImageTransform, Sample, built_tokenizer
from iclip.files.shard_cache import shard_cache
from iclip.files.text import decode_text, is_unicode
from iclip.messages import listing
from iclip.registry import DATASETS
from iclip.text.tokenizer_protocol import Tokenizer

_SETTING = "ImageTextPairs(shards=...)"


@DATASETS.register_module()
class ImageTextPairs(IndexedSource):
    """Image-text pairs from tar shards, with random access.

    The first use of a shard writes its index (``x.tar.idx.npz``), which later uses read. The shards
    must not change during a run.

    Args:
        shards: A folder with tars, a pattern (``*``, ``{00000..00041}.tar``), a tar, or a list; or
            their URLs (``s3://BUCKET/{00000..41454}.tar``), see `expand_shards`.
        image_transform: Callable, or its config: (encoded bytes, seed) -> uint8 (3, H, W).
        tokenizer: Callable, or its config: T texts -> ids (T, L).
        text_extension: Extension of the members that hold captions. In a ``'json'``, the caption is
            one entry.
        image_extension: Extension of the members that hold images; None for any image extension.
        caption_key: The entry of a json that is the caption.
        without_text: What to do about images that have no text: ``'error'``, or ``'skip'``, which
            counts them.
        fraction: Share of the pairs to use, taken at even distances over all shards.
        index_folder: Folder of the shards' indices, see `ShardTable`.
        storage: For remote shards: ``dict(cache=FOLDER, cache_gb=N)`` keeps whole copies in a local
            folder, at most N GB (1e9 bytes), for all processes of a machine. None: each read is a
            request for a range of bytes.
        damaged_shards: Share of the shards that may be damaged, such as 0.001; they are named, left
            out and counted.
        leave_out: Shards that are left out for good and counted, such as those that cannot be read:
            their paths or file names.

    Raises:
        FileNotFoundError: Shards are missing.
        ValueError: A shard is damaged, or holds images without a text.
    """

    index_settings = (
        "shards", "leave_out", "text_extension", "image_extension", "index_folder",
        "storage", "damaged_shards",
    )  # fmt: skip

    def __init__(
        self,
        shards: str | Sequence[str],
        image_transform: ImageTransform | dict[str, Any],
        tokenizer: Tokenizer | dict[str, Any],
        text_extension: str = "txt",
        image_extension: str | None = None,
        caption_key: str = "caption",
        without_text: str = "error",
        fraction: float = 1.0,
        index_folder: str | os.PathLike[str] | None = None,
        storage: Mapping[str, Any] | None = None,
        damaged_shards: float = 0.0,
        leave_out: Sequence[str] = (),
    ) -> None:
        super().__init__(image_transform, fraction)
        self.tokenizer = built_tokenizer(tokenizer)
        self._names = SampleNames(text_extension, image_extension)
        self._caption_key = caption_key
        self._place = shards if isinstance(shards, str) else listing(list(shards), 1)
        found, self._other_files = expand_shards(_SETTING, shards, leave_out)
        self._table = ShardTable(
            found, self._names, without_text, index_folder, shard_cache(storage), damaged_shards
        )

    @property
    def stored_count(self) -> int:
        """Number of pairs in the shards."""
        return len(self._table)

    @property
    def stored_shards(self) -> np.ndarray:
        """Number of each shard's first pair, then of all pairs: int64, (S + 1,)."""
        return self._table.starts

    def read(self, stored: int) -> tuple[bytes, ...]:
        """Read a pair: the encoded image and the text."""
        return self._table.read_pair(stored)

    def parts(self, stored: int, *text: bytes) -> Sample:
        """Return the caption's ``token_ids`` (L,)."""
        caption = _decode_caption(text[0])
        if self._names.text == "json":
            caption = _caption_in_json(caption, self._caption_key)
        if not caption.strip():
            raise DecodeError("the caption is blank", "blank caption")
        return {"token_ids": self.tokenizer([caption])[0]}

    def sample_name(self, stored: int) -> str:
        """Name a pair's shard and image."""
        return self._table.sample_name(stored)

    def file_name(self, stored: int) -> str:
        """Name a pair's shard."""
        return self._table.file_name(stored)

    def summary(self) -> DataSummary:
        """Say how many pairs the shards hold, and what else they hold."""
        return DataSummary(
            type(self).__name__,
            self._place,
            {**self.counted_samples("pairs"), "shards": len(self._table.shards)},
            self._table.left_out + self._other_files,
        )

    @classmethod
    def check_files(cls, settings: Mapping[str, Any]) -> None:
        """Look for the shards."""
        expand_shards(_SETTING, settings["shards"], settings.get("leave_out", ()))
        shard_cache(settings.get("storage"))

    @classmethod
    def index_files(cls, settings: Mapping[str, Any], executor: Executor, at_a_time: int) -> None:
        """Index the shards."""
        found, _ = expand_shards(_SETTING, settings["shards"], settings.get("leave_out", ()))
        names = SampleNames(settings.get("text_extension", "txt"), settings.get("image_extension"))
        cache = shard_cache(settings.get("storage"))
        index = ShardIndex(found, names, settings.get("index_folder"), cache)
        joint_index(index, settings.get("damaged_shards", 0.0), executor, at_a_time)


def _decode_caption(text: bytes) -> str:
    try:
        return decode_text(text)
    except UnicodeDecodeError as error:
        raise DecodeError(f"the caption is not UTF-8 ({error})", "caption not UTF-8") from error


def _caption_in_json(text: str, key: str) -> str:
    try:
        caption = json.loads(text)[key]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DecodeError(
            f"the json has no entry caption_key={key!r} ({type(error).__name__}: {error})",
            "json without a caption",
        ) from error
    # img2dataset writes null for an image without a caption, which is then a blank caption.
    if caption is None:
        return ""
    # JSON's escapes can write half of a surrogate pair, which no tokenizer can encode.
    if isinstance(caption, str) and is_unicode(caption):
        return caption
    raise DecodeError(
        f"the json's {key!r} is not a text: {caption!r:.80}",
        "json without a caption",
    )
