from collections import Counter
from itertools import islice

import pytest

from iclip.datasets.mixing_batch_sampler import MixingBatchSampler, split_batch
from iclip.datasets.sample_key import SampleKey
from iclip.datasets.source_sampler import SourceSampler
from tests.support.source_streams import NAMES, source_streams


def batches(
    source_sampler: SourceSampler, count: int, rank: int = 0, world_size: int = 1, start: int = 0
) -> list[list[SampleKey]]:
    batch_sampler = MixingBatchSampler(source_sampler, 6, (1, 2), rank, world_size)
    batch_sampler.start_iteration = start
    return list(islice(batch_sampler, count))


@pytest.mark.parametrize("world_size", [1, 2, 3])
@pytest.mark.parametrize(("labelled", "pairs"), [(50, 70), (7, 101), (1, 3)])
def test_each_epoch_covers_each_source_once(world_size: int, labelled: int, pairs: int) -> None:
    iterations = 120
    ranks = [
        batches(source_streams(labelled, pairs), iterations, r, world_size)
        for r in range(world_size)
    ]
    for source, size in enumerate((labelled, pairs)):
        stream = [
            key.index
            for iteration in range(iterations)
            for rank in ranks
            for key in rank[iteration]
            if key.source == source
        ]
        epochs = [stream[i : i + size] for i in range(0, len(stream) - size + 1, size)]
        assert epochs and all(sorted(epoch) == list(range(size)) for epoch in epochs)


@pytest.mark.parametrize("world_size", [2, 3])
def test_ranks_share_no_position(world_size: int) -> None:
    keys = [
        key
        for rank in range(world_size)
        for batch in batches(source_streams(), 30, rank, world_size)
        for key in batch
    ]
    # The seed belongs to the position in the stream, so it tells positions apart.
    assert max(Counter((key.source, key.seed) for key in keys).values()) == 1


@pytest.mark.parametrize("world_size", [1, 2, 3])
def test_stream_positions_are_those_of_the_formula(world_size: int) -> None:
    streams = source_streams()
    for rank in range(world_size):
        for k, batch in enumerate(batches(streams, 9, rank, world_size)):
            step = k * world_size + rank
            assert batch[:2] == streams.sample_keys(0, step * 2, 2)
            assert batch[2:] == streams.sample_keys(1, step * 4, 4)


@pytest.mark.parametrize("start", [1, 17, 40])
def test_resumes_at_the_exact_sample(start: int) -> None:
    whole = batches(source_streams(), 60, rank=1, world_size=2)
    assert batches(source_streams(), 60 - start, rank=1, world_size=2, start=start) == whole[start:]


def test_starting_far_out_is_as_cheap_as_at_the_beginning() -> None:
    (batch,) = batches(source_streams(14_000_000, 400_000_000), 1, start=10**9)
    assert len(batch) == 6


def test_every_batch_has_the_same_counts_labelled_first() -> None:
    for batch in batches(source_streams(5, 3), 40):
        assert [key.source for key in batch] == [0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("batch_size", "ratio", "counts"),
    [
        (192, (1, 2), (64, 128)),
        (192, (2, 4), (64, 128)),
        (128, (1, 0), (128, 0)),
        (7, (3, 4), (3, 4)),
        (100, (1, 3), (25, 75)),
    ],
)
def test_batch_is_divided_as_the_ratio_says(
    batch_size: int, ratio: tuple[int, int], counts: tuple[int, int]
) -> None:
    assert split_batch(batch_size, ratio, NAMES) == counts


@pytest.mark.parametrize(
    ("batch_size", "ratio", "nearest"),
    [(128, (1, 2), "126 or 129"), (2, (1, 2), "3"), (191, (2, 4), "189 or 192")],
)
def test_batch_that_cannot_hold_the_ratio_names_those_that_can(
    batch_size: int, ratio: tuple[int, int], nearest: str
) -> None:
    with pytest.raises(ValueError) as error:
        MixingBatchSampler(source_streams(), batch_size, ratio)
    assert f"batch_size={batch_size} cannot hold ratio={ratio} exactly" in str(error.value)
    assert str(error.value).endswith(f"The nearest that can: {nearest}")


@pytest.mark.parametrize("ratio", [(1,), (1, 2, 3), (0, 0), (-1, 2), (0.5, 0.5), ("1", "2")])
def test_malformed_ratio_is_refused(ratio: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match=r"ratio=.* one whole number >= 0 .*labelled, pairs"):
        split_batch(12, ratio, NAMES)


def test_absent_source_is_refused() -> None:
    with pytest.raises(ValueError, match=r"ratio=\(1, 2\) takes 4 of 6 .*'pairs'.*pairs=dict"):
        MixingBatchSampler(source_streams(pairs=0), 6, (1, 2))


def test_absent_source_may_have_no_part() -> None:
    batch_sampler = MixingBatchSampler(source_streams(pairs=0), 6, (1, 0))
    assert [key.source for key in next(iter(batch_sampler))] == [0] * 6
