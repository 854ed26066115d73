"""What the data sets share: random access to samples, and errors that name the sample."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from iclip.data_summary import DataSummary
from iclip.datasets.readers.decoding import DecodeError
from iclip.datasets.sample_key import SampleKey
from iclip.messages import printable
from iclip.registry import TOKENIZERS, TRANSFORMS
from iclip.text.tokenizer_protocol import Tokenizer

_Numbers = TypeVar("_Numbers", int, np.ndarray)
# The parts of a sample by their names in a batch, such as "gt_label" and "token_ids".
Sample = dict[str, Any]
# (encoded bytes, seed) -> uint8 (3, H, W).
ImageTransform = Callable[[bytes, int], Tensor]


class SampleSource(Dataset[Sample], ABC):
    """Samples with random access; each is a pure function of its index and a seed.

    There are two numberings: ``stored`` counts all samples in the order of the files, ``index``
    counts those that ``fraction`` selects.

    Args:
        image_transform: Callable, or its config: (encoded bytes, seed) -> uint8 (3, H, W).
        fraction: Share of the stored samples to use, in (0, 1]. They are taken at even distances,
            so every class and every shard keeps its share.

    Raises:
        ValueError: ``fraction`` is outside its range.
    """

    def __init__(
        self, image_transform: ImageTransform | dict[str, Any], fraction: float = 1.0
    ) -> None:
        if not 0 < fraction <= 1:
            raise ValueError(f"fraction={fraction}: give a share above 0 and at most 1")
        self.image_transform = _built(image_transform, TRANSFORMS)
        self.fraction = fraction

    @property
    @abstractmethod
    def stored_count(self) -> int:
        """Number of samples in store, whatever the fraction."""

    @abstractmethod
    def read(self, stored: int) -> tuple[bytes, ...]:
        """Read one stored sample; several threads may do so at once.

        Args:
            stored: Which one, 0 <= stored < stored_count.

        Returns:
            The encoded image and, where it lies beside the image, its text.

        Raises:
            OSError: The sample cannot be read.
        """

    @abstractmethod
    def parts(self, stored: int, *text: bytes) -> Sample:
        """Return what a stored sample holds besides its image.

        Args:
            stored: Which one.
            *text: What `read` returned after the image.

        Raises:
            DecodeError: It cannot be decoded, such as a caption that is not a text.
        """

    @abstractmethod
    def sample_name(self, stored: int) -> str:
        """Name a stored sample for a message: its file, or its tar and key."""

    def file_name(self, stored: int) -> str:
        """Name the file that a stored sample is read from, for errors that all in it share."""
        return self.sample_name(stored)

    def keep_open(self) -> None:
        """Open the files that stay open, before data workers are forked that read in any order.

        For a source whose samples are permuted as a whole and lie in a limited number of files.
        """

    @abstractmethod
    def summary(self) -> DataSummary:
        """Say what was read, and what was left out."""

    def summaries(self) -> dict[str, DataSummary]:
        """Return the summary under an empty name, in the form of a data set of several sources."""
        return {"": self.summary()}

    @property
    def stored_shards(self) -> np.ndarray | None:
        """Number of each shard's first stored sample, then of all: int64, (S + 1,).

        None if the samples are to be permuted as a whole: where each has a file of its own, or the
        files are sorted, as those of a class are. An order by files would be an order by classes.
        """
        return None

    @property
    def shards(self) -> np.ndarray | None:
        """The index of each shard's first sample, then the number of all: int64, (S + 1,)."""
        starts = self.stored_shards
        # The first index whose stored number is not below the start, see `_stored_number`.
        return None if starts is None else -(-starts * len(self) // self.stored_count)

    @classmethod
    def check_files(cls, settings: Mapping[str, Any]) -> None:
        """Look for the files that a config's settings name, by the rules of the constructor.

        It reads file names and the first lines of a table, but no image, so it takes less than a
        second for any amount of data.

        Raises:
            OSError: Something is missing.
            ValueError: Something is not what it should be.
        """

    def counted_samples(self, what: str) -> dict[str, int]:
        """Count the samples in use and, where that is a fraction, those in store."""
        stored = {} if len(self) == self.stored_count else {f"{what} in store": self.stored_count}
        return {what: len(self), **stored}

    def __len__(self) -> int:
        # A small share of a few samples is still one sample.
        return max(1, round(self.stored_count * self.fraction))

    def __getitem__(self, key: int | SampleKey) -> Sample:
        """Load a sample; a plain index, as in evaluation, has the seed 0.

        Raises:
            DecodeError: The sample cannot be read or decoded; the message names it.
        """
        return self.load(key.index, key.seed) if isinstance(key, SampleKey) else self.load(key, 0)

    def load(self, index: int, seed: int) -> Sample:
        """Load a sample: `fetch` and `decode` it.

        Raises:
            DecodeError: The sample cannot be read or decoded; the message names it.
        """
        return self.decode(index, self.fetch(index), seed)

    def fetch(self, index: int) -> tuple[bytes, ...]:
        """Read a sample's bytes; several threads may do so at once.

        Args:
            index: Which sample, 0 <= index < len(self).

        Returns:
            What `decode` takes.

        Raises:
            DecodeError: The sample cannot be read; the message names its file.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"index {index} is outside the {len(self)} samples")
        stored = self._stored_number(index)
        try:
            return self.read(stored)
        except OSError as error:
            kind = "missing file" if isinstance(error, FileNotFoundError) else "unreadable file"
            file, reason = printable(self.file_name(stored)), error.strerror or error
            raise DecodeError(f"{file}: {reason}", kind, file) from error

    def decode(self, index: int, content: Sequence[bytes], seed: int) -> Sample:
        """Decode and augment a sample.

        Args:
            index: Which sample.
            content: What `fetch` returned for it.
            seed: Seed of the augmentation.

        Returns:
            ``image`` uint8 (3, H, W), and what the data set adds to it.

        Raises:
            DecodeError: The sample cannot be decoded; the message names it.
        """
        stored = self._stored_number(index)
        encoded, *text = content
        try:
            parts = self.parts(stored, *text)
            return {"image": self.image_transform(encoded, seed), **parts}
        except DecodeError as error:
            raise DecodeError(f"{self.name_of(index)}: {error}", error.kind) from error

    def name_of(self, index: int) -> str:
        """Name the sample of an index for a message; see `sample_name`."""
        return printable(self.sample_name(self._stored_number(index)))

    def _stored_number(self, index: _Numbers) -> _Numbers:
        """Return the stored number of an index, or of an array of them: at even distances."""
        return index * self.stored_count // len(self)


def built_tokenizer(tokenizer: Tokenizer | dict[str, Any]) -> Tokenizer:
    """Build a tokenizer from its config, or pass on a built one."""
    return _built(tokenizer, TOKENIZERS)


def _built(part: Any, registry: Any) -> Any:
    return registry.build(part) if isinstance(part, dict) else part
