"""Labelled images and image-text pairs as one dataset, which survives damaged samples."""

from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

from torch.utils.data import Dataset

from iclip.data_summary import DataSummary
from iclip.datasets.read_threads import ReadThreads
from iclip.datasets.readers.decoding import DecodeError, DecodeFailure
from iclip.datasets.sample_key import SampleKey
from iclip.datasets.sample_source import Sample, SampleSource
from iclip.files.transient import retry_count
from iclip.hashing import hash_words
from iclip.registry import DATASETS


@DATASETS.register_module()
class MixedSources(Dataset[Sample]):
    """The sources of pre-training; `MixingBatchSampler` says what each batch takes of them.

    Files that many samples share are opened here, so that data workers that are forked from this
    process find them open. The files of a batch are read by several threads at once. A sample that
    cannot be read or decoded is replaced by another one of its source, so that every batch keeps
    its size. Which one is a function of the sample's seed and may be any of the whole source,
    because the neighbors of a damaged sample often lie in the same damaged shard. The replacement
    carries ``decode_errors``, which say what was wrong; the process that receives the batches
    counts them.

    Args:
        labelled: Labelled images, built or as a config; None for batches without them.
        pairs: Image-text pairs, built or as a config; None for batches without them.
        max_replacements: Largest number of damaged samples in place of one; more end the run.
        read_threads: Files that a data worker reads at once; 0 reads them one after the other.

    Attributes:
        source_names: Names of the sources, in the order of their numbers in a `SampleKey`.
        source_sizes: Number of samples of each source, 0 where it is absent.
        source_shards: Where the shards of each source begin, see `SampleSource.shards`.

    Raises:
        ValueError: No source is given, or ``read_threads`` is outside its range.
    """

    source_names = ("labelled", "pairs")

    def __init__(
        self,
        labelled: SampleSource | dict[str, Any] | None = None,
        pairs: SampleSource | dict[str, Any] | None = None,
        max_replacements: int = 20,
        read_threads: int = 16,
    ) -> None:
        if labelled is None and pairs is None:
            raise ValueError("MixedSources needs labelled=dict(...), pairs=dict(...) or both")
        self.sources: tuple[SampleSource | None, ...] = tuple(
            DATASETS.build(source) if isinstance(source, dict) else source
            for source in (labelled, pairs)
        )
        self.source_sizes = tuple(0 if source is None else len(source) for source in self.sources)
        self.source_shards = tuple(
            None if source is None else source.shards for source in self.sources
        )
        self.max_replacements = max_replacements
        self._read_threads = ReadThreads(read_threads)
        for source in self.sources:
            if source is not None:
                source.keep_open()

    def __len__(self) -> int:
        return sum(self.source_sizes)

    def summaries(self) -> dict[str, DataSummary]:
        """Say what each source has read, by its name."""
        named = zip(self.source_names, self.sources, strict=True)
        return {name: source.summary() for name, source in named if source is not None}

    def sample_name(self, key: SampleKey) -> str:
        """Name a sample for a message, such as ``labelled: n01440764/1.jpg``."""
        return f"{self.source_names[key.source]}: {self._source(key).name_of(key.index)}"

    def __getitem__(self, key: SampleKey) -> Sample:
        """Load a sample; see `__getitems__`."""
        return self._load(key, partial(self._source(key).fetch, key.index))

    def __getitems__(self, keys: Sequence[SampleKey]) -> list[Sample]:
        """Load a batch. PyTorch's data loader calls this with the keys of a batch.

        Returns:
            Per key, the source's sample or its replacement, and ``decode_errors``, one
            `DecodeFailure` per replaced sample. The first one also has ``read_retries``, if reads
            of the batch were tried again.

        Raises:
            DecodeError: Neither a sample nor any of ``max_replacements`` others can be decoded.
        """
        # In the order of the files, which is that of the indices. The first samples are decoded
        # while the others are read.
        retries_before = retry_count()
        order = sorted(range(len(keys)), key=lambda place: keys[place][:2])
        ordered = [keys[place] for place in order]
        fetched = self._read_threads.start(lambda key: self._source(key).fetch(key.index), ordered)
        loaded = zip(order, map(self._load, ordered, fetched), strict=True)
        samples = [sample for _, sample in sorted(loaded, key=itemgetter(0))]
        if retries := retry_count() - retries_before:
            samples[0]["read_retries"] = retries
        return samples

    def _load(self, key: SampleKey, fetched: Callable[[], Sequence[bytes]]) -> Sample:
        """Decode a sample, or the first of its replacements that can be read and decoded.

        Args:
            key: Which sample.
            fetched: Returns what the source has read of it.
        """
        source, name, index = self._source(key), self.source_names[key.source], key.index
        errors: list[DecodeFailure] = []
        for number in range(self.max_replacements + 1):
            try:
                return {**source.decode(index, fetched(), key.seed), "decode_errors": errors}
            except DecodeError as error:
                message, kind = f"{name}: {error}", f"{name}: {error.kind}"
                errors.append(DecodeFailure(message, kind, error.file))
            index = int(hash_words(key.seed, number)[0]) % len(source)
            fetched = partial(source.fetch, index)
        raise DecodeError(
            f"{len(errors)} samples in a row, from all over the source, cannot be decoded "
            f"(max_replacements={self.max_replacements}); check the disk and the data. The last: "
            f"{errors[-1]}"
        )

    def _source(self, key: SampleKey) -> SampleSource:
        source = self.sources[key.source]
        assert source is not None, f"the sampler asked for an absent source: {key}"
        return source
