"""What a sampler asks a data set for, and the order of a batch.

The labelled images of a batch precede its image-text pairs: the sources are numbered in this order,
the sampler lists the keys of a batch by source, and so the first rows of the batch, one per label,
are the labelled ones. The collate function asserts it, and the models rely on it.
"""

from typing import NamedTuple


class SampleKey(NamedTuple):
    """One sample and the randomness of its augmentation.

    Attributes:
        source: Number of the source: 0 for labelled images, 1 for image-text pairs.
        index: Number of the sample in that source.
        seed: Seed of the augmentation, 0 <= seed < 2^63: it fits a signed 64-bit integer.
    """

    source: int
    index: int  # type: ignore[assignment]  # it hides tuple.index, which is not used
    seed: int
