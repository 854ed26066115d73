"""Tokenizers: from texts to rows of ids, cut at the context length before the end token."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from open_clip.tokenizer import SimpleTokenizer
from tokenizers.pre_tokenizers import ByteLevel

from iclip.registry import TOKENIZERS

# Number of chunks (what stands between two blanks) whose ids are cached: some 40 MB. There is a
# limit because captions from the web bring new chunks without end.
_CACHED_CHUNKS = 2**17

_HOW_TO_GET = (
    'On a machine with internet, run `python -c "from transformers import AutoTokenizer; '
    "AutoTokenizer.from_pretrained('roberta-base').save_pretrained('roberta')\"`, copy the folder "
    "roberta to this machine, and set name_or_path to where it is. CLIPTokenizer needs no download"
)


@TOKENIZERS.register_module()
class CLIPTokenizer:
    """CLIP's byte-level BPE: it gives open_clip's ids in a fraction of the time.

    A row is start token, text, end token, and zeros up to the context length. Zero is also the id
    of ``!``, so the end of a text is where `eos_id` is, not where `pad_id` begins.

    Args:
        context_length: Number of ids per row, start and end token included; 3 or more.
        lower: Whether to convert texts to lower case, as CLIP does.
    """

    pad_id = 0

    def __init__(self, context_length: int = 77, lower: bool = True):
        self.context_length = _check_context_length(context_length, longest=None)
        self.lower = lower
        self._bpe = SimpleTokenizer(clean="lower" if lower else "whitespace")
        self._special_words = dict(self._bpe.cache)
        self._chunk_ids = lru_cache(maxsize=_CACHED_CHUNKS)(self._encode_chunk)
        self.vocab_size = self._bpe.vocab_size
        self.bos_id = self._bpe.sot_token_id
        self.eos_id = self._bpe.eot_token_id

    def __call__(self, texts: Sequence[str]) -> torch.Tensor:
        """Encode texts.

        Returns:
            Ids, int64, shape (T, context_length).
        """
        ids: list[int] = []
        lengths = np.empty(len(texts), dtype=np.int64)
        for position, text in enumerate(texts):
            start = len(ids)
            ids.append(self.bos_id)
            ids += self._encode(text, self.context_length - 2)  # room for start and end token
            ids.append(self.eos_id)
            lengths[position] = len(ids) - start
        # Ids of all texts one after the other -> T, context_length, filled from the left.
        rows = np.full((len(texts), self.context_length), self.pad_id, dtype=np.int64)
        rows[np.arange(self.context_length) < lengths[:, None]] = ids
        return torch.from_numpy(rows)

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """Count the ids that each text needs, start and end token included, before any cut."""
        return [len(self._encode(text)) + 2 for text in texts]

    def joins(self, text: str) -> bool:
        """Whether a text's ids are those of the parts between its blanks."""
        # Cleaning repairs mojibake and replaces HTML entities, which may cross blanks.
        return _is_clean(text)

    def ids_of_parts(self, parts: Sequence[str], begins: bool) -> list[Sequence[int]]:
        """Return the ids of parts of texts, without start and end token, and without any cut."""
        return [self._encode(part) for part in parts]

    def _encode(self, text: str, limit: int | None = None) -> list[int]:
        # Every chunk has one id or more, so the first `limit` chunks give enough ids.
        chunks = self._clean(text).split(" ")[:limit]
        return list(chain.from_iterable(map(self._chunk_ids, chunks)))[:limit]

    def _clean(self, text: str) -> str:
        if _is_clean(text):
            text = " ".join(text.split())
            return text.lower() if self.lower else text
        return self._bpe.clean_fn(text)

    def _encode_chunk(self, chunk: str) -> tuple[int, ...]:
        # CLIP's pattern of a word holds no blank, so each chunk of a text is encoded by itself.
        ids: list[int] = []
        for word in self._bpe.pat.findall(chunk):
            # BPE works on printable characters, one per byte.
            symbols = "".join(self._bpe.byte_encoder[byte] for byte in word.encode("utf-8"))
            ids += (self._bpe.encoder[piece] for piece in self._bpe.bpe(symbols).split(" "))
        if len(self._bpe.cache) > _CACHED_CHUNKS:  # open_clip's own cache has no limit.
            self._bpe.cache = dict(self._special_words)
        return tuple(ids)

    def __reduce__(self) -> tuple[type["CLIPTokenizer"], tuple[int, bool]]:
        # The cache cannot be pickled; each data worker fills its own.
        return type(self), (self.context_length, self.lower)


@TOKENIZERS.register_module()
class RobertaTokenizer:
    """RoBERTa's tokenizer, from a local folder or from the Hugging Face Hub.

    Args:
        name_or_path: Folder with the tokenizer's files, or a name on the Hugging Face Hub.
        context_length: Number of ids per row, start and end token included; 3 or more.
        lower: Whether to convert texts to lower case.

    Raises:
        FileNotFoundError: The folder has no usable tokenizer, or the name cannot be fetched.
    """

    def __init__(
        self, name_or_path: str = "roberta-base", context_length: int = 77, lower: bool = True
    ):
        self.name_or_path = str(name_or_path)
        self._tokenizer = _load_pretrained(self.name_or_path)
        self.context_length = _check_context_length(
            context_length, longest=self._tokenizer.model_max_length
        )
        self.lower = lower
        self.vocab_size = len(self._tokenizer)
        self.pad_id = self._tokenizer.pad_token_id
        self.bos_id = self._tokenizer.bos_token_id
        self.eos_id = self._tokenizer.eos_token_id
        self._is_byte_level = _is_byte_level_bpe(self._tokenizer)
        # Such words are cut out of a text, with blanks beside them, before it is encoded.
        self._special_words = tuple(self._tokenizer.get_added_vocab())

    def __call__(self, texts: Sequence[str]) -> torch.Tensor:
        """Encode texts.

        Returns:
            Ids, int64, shape (T, context_length).
        """
        if not texts:
            return torch.empty(0, self.context_length, dtype=torch.int64)
        encoded = self._tokenizer(
            [self._clean(text) for text in texts],
            padding="max_length",
            truncation=True,
            max_length=self.context_length,
            return_attention_mask=False,
        )
        return torch.tensor(encoded["input_ids"], dtype=torch.int64)

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """Count the ids that each text needs, start and end token included, before any cut."""
        cleaned = [self._clean(text) for text in texts]
        return [len(ids) for ids in self._tokenizer(cleaned)["input_ids"]]

    def joins(self, text: str) -> bool:
        """Whether a text's ids are those of the parts between its blanks."""
        cleaned = self._clean(text)
        return self._is_byte_level and not any(word in cleaned for word in self._special_words)

    def ids_of_parts(self, parts: Sequence[str], begins: bool) -> list[Sequence[int]]:
        """Return the ids of parts of texts, without start and end token, and without any cut."""
        cleaned = map(self._clean, parts)
        # A blank belongs to the word behind it.
        texts = [part if begins or not part else f" {part}" for part in cleaned]
        if not texts:
            return []
        options = dict(add_special_tokens=False, return_attention_mask=False, verbose=False)
        return self._tokenizer(texts, **options)["input_ids"]

    def save(self, folder: str | Path) -> None:
        """Write the tokenizer's files, which :class:`RobertaTokenizer` and others can read."""
        self._tokenizer.save_pretrained(folder)

    def _clean(self, text: str) -> str:
        text = " ".join(text.split())
        return text.lower() if self.lower else text


def _is_clean(text: str) -> bool:
    """Whether a text has neither mojibake, nor HTML entities, nor control characters."""
    return text.isascii() and text.isprintable() and "&" not in text


def _is_byte_level_bpe(tokenizer: Any) -> bool:
    """Whether a tokenizer of transformers cuts texts before each blank, as RoBERTa's does.

    A folder may hold another kind of tokenizer.
    """
    inner = tokenizer.backend_tokenizer
    cuts = inner.pre_tokenizer
    special = tokenizer.bos_token_id, tokenizer.eos_token_id
    return (
        isinstance(cuts, ByteLevel)
        and cuts.use_regex
        and not cuts.add_prefix_space
        and inner.normalizer is None
        and tokenizer.truncation_side == tokenizer.padding_side == "right"
        and tuple(tokenizer("")["input_ids"]) == special
    )


def _check_context_length(context_length: int, longest: int | None) -> int:
    too_long = longest is not None and context_length > longest
    if context_length < 3 or too_long:
        allowed = "3 (start, one token, end) or more" if longest is None else f"3 to {longest}"
        raise ValueError(f"context_length={context_length} is not possible. Allowed: {allowed}")
    return context_length


def _load_pretrained(name_or_path: str) -> Any:
    """Load a tokenizer from this machine or, if it is not there, from the Hugging Face Hub."""
    from huggingface_hub import HfApi

    try:
        # A folder, or what an earlier run downloaded.
        return _from_pretrained(name_or_path, local_files_only=True)
    except Exception as error:  # Missing and broken files raise errors of many types.
        if Path(name_or_path).is_dir():
            raise FileNotFoundError(
                f"name_or_path={name_or_path!r} is a folder without a usable tokenizer in it "
                f"(tokenizer.json, or vocab.json and merges.txt). {_HOW_TO_GET}"
            ) from error
    try:
        # Asked first because it fails at once without a network, where transformers retries for
        # most of a minute.
        HfApi().model_info(name_or_path, timeout=10)
        return _from_pretrained(name_or_path)
    except Exception as error:  # Network, name and file errors come from several libraries.
        raise FileNotFoundError(
            f"name_or_path={name_or_path!r} is neither a folder nor a name that can be fetched "
            f"from the hub ({error}). {_HOW_TO_GET}"
        ) from error


def _from_pretrained(name_or_path: str, **options: Any) -> Any:
    from transformers import AutoTokenizer

    # A folder may bring a class of its own; left open, transformers asks on the terminal.
    tokenizer = AutoTokenizer.from_pretrained(name_or_path, trust_remote_code=False, **options)
    # transformers does not refuse a folder without a tokenizer's files: it makes a vocabulary of
    # special tokens alone.
    if len(tokenizer) <= len(tokenizer.all_special_tokens):
        raise FileNotFoundError(f"{name_or_path} holds no vocabulary")
    return tokenizer
