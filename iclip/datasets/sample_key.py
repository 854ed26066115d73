"""What a sampler asks a dataset for."""

from typing import NamedTuple


class SampleKey(NamedTuple):
    """One sample and the randomness of its augmentation.

    Args:
        source: Which of the mixed sources: 0 the labelled images, 1 the image-text pairs.
        index: Which sample of that source.
        seed: Seeds the augmentation, 0 <= seed < 2^63.
    """

    source: int
    index: int  # type: ignore[assignment]  # of tuple.index, which nobody needs here
    seed: int
