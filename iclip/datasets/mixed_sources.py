"""Labelled images and image-text pairs as one dataset, which survives damaged samples."""

from typing import Any

from torch.utils.data import Dataset

from iclip.data_summary import DataSummary
from iclip.datasets.readers.decoding import DecodeError, DecodeFailure
from iclip.datasets.sample_key import SampleKey
from iclip.datasets.sample_source import Sample, SampleSource
from iclip.registry import DATASETS


@DATASETS.register_module()
class MixedSources(Dataset[Sample]):
    """The sources of pre-training; `MixingBatchSampler` says what each batch takes of them.

    A sample that cannot be decoded is replaced by the next one of its source, so that every batch
    keeps its size. The replacement carries ``decode_errors``, which say what was wrong; the process
    that receives the batches counts them.

    Args:
        labelled: Labelled images, built or as a config; None for batches without them.
        pairs: Image-text pairs, built or as a config; None for batches without them.
        max_replacements: Largest number of damaged samples in a row; more end the run.

    Attributes:
        source_names: Names of the sources, in the order of their numbers in a `SampleKey`.
        source_sizes: Number of samples of each source, 0 where it is absent.
        source_shards: Where the shards of each source begin, see `SampleSource.shards`.

    Raises:
        ValueError: No source is given.
    """

    source_names = ("labelled", "pairs")

    def __init__(
        self,
        labelled: SampleSource | dict[str, Any] | None = None,
        pairs: SampleSource | dict[str, Any] | None = None,
        max_replacements: int = 20,
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

    def __len__(self) -> int:
        return sum(self.source_sizes)

    def summaries(self) -> dict[str, DataSummary]:
        """Say what each source has read, by its name."""
        named = zip(self.source_names, self.sources, strict=True)
        return {name: source.summary() for name, source in named if source is not None}

    def __getitem__(self, key: SampleKey) -> Sample:
        """Load a sample, or the first one after it that can be decoded.

        Returns:
            The source's sample and ``decode_errors``, one `DecodeFailure` per replaced sample.

        Raises:
            DecodeError: Neither the sample nor any of the ``max_replacements`` after it can be
                decoded.
        """
        source = self.sources[key.source]
        assert source is not None, f"the sampler asked for an absent source: {key}"
        errors: list[DecodeFailure] = []
        name = self.source_names[key.source]
        for skipped in range(self.max_replacements + 1):
            try:
                # The first sample follows the last one.
                sample = source.load((key.index + skipped) % len(source), key.seed)
                return {**sample, "decode_errors": errors}
            except DecodeError as error:
                errors.append(DecodeFailure(f"{name}: {error}", f"{name}: {error.kind}"))
        raise DecodeError(
            f"{len(errors)} samples in a row cannot be decoded (max_replacements="
            f"{self.max_replacements}); check the disk and the data. The last: {errors[-1]}"
        )
