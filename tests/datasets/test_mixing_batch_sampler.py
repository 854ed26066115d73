from collections import Counter
from itertools import islice
from typing import Any

import pytest

from iclip.datasets.mixing_batch_sampler import MixingBatchSampler
from iclip.datasets.sample_key import SampleKey
from iclip.datasets.source_sampler import SourceSampler
from tests.support.source_streams import source_streams

# (ranks, micro-batches) that divide a step of 12 labelled images and 24 pairs.
SPLITS = [(1, 1), (1, 4), (2, 1), (2, 3), (3, 2), (6, 2)]


def sampler(
    streams: SourceSampler, batch_size: int, rank: int = 0, world_size: int = 1, parts: int = 1
) -> MixingBatchSampler:
    return MixingBatchSampler(streams, batch_size, (1, 2), parts, rank, world_size)


def batches(
    streams: SourceSampler, count: int, rank: int = 0, world_size: int = 1, start: int = 0
) -> list[list[SampleKey]]:
    """Batches of 2 labelled images and 4 pairs, from a step on."""
    batch_sampler = sampler(streams, 6, rank, world_size)
    batch_sampler.start_after({"labelled": 2 * world_size * start, "pairs": 4 * world_size * start})
    return list(islice(batch_sampler, count))


def steps(
    count: int,
    ranks: int,
    parts: int,
    consumed: dict[str, int] | None = None,
    size: int = 36,
    left_out: Any = None,
) -> list[list[list[SampleKey]]]:
    """The parts of each step, in the order of ranks and micro-batches."""
    samplers = [
        sampler(source_streams(), size // (ranks * parts), rank, ranks, parts)
        for rank in range(ranks)
    ]
    for batch_sampler in samplers:
        batch_sampler.start_after(consumed or {}, left_out)
    streams = [iter(batch_sampler) for batch_sampler in samplers]
    return [[next(own) for own in streams for _ in range(parts)] for _ in range(count)]


def by_source(parts: list[list[SampleKey]]) -> list[list[SampleKey]]:
    """All keys of a step, source by source, in the order of the parts."""
    return [[key for part in parts for key in part if key.source == s] for s in (0, 1)]


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


@pytest.mark.parametrize(("ranks", "parts"), SPLITS)
def test_parts_share_no_position(ranks: int, parts: int) -> None:
    keys = [key for step in steps(10, ranks, parts) for part in step for key in part]
    # The seed belongs to the position in the stream, so it tells positions apart.
    assert max(Counter((key.source, key.seed) for key in keys).values()) == 1


@pytest.mark.parametrize(("ranks", "parts"), SPLITS)
def test_stream_positions_are_those_of_the_formula(ranks: int, parts: int) -> None:
    """Step k takes the 12 and 24 positions after the consumed ones, cut into parts in order."""
    streams = source_streams()
    consumed = {"labelled": 5, "pairs": 31}
    labelled, pairs = 12 // (ranks * parts), 24 // (ranks * parts)
    for k, step in enumerate(steps(4, ranks, parts, consumed)):
        first_labelled, first_pair = 5 + 12 * k, 31 + 24 * k
        for part in step:
            assert part == [
                *(streams.sample_keys(0, first_labelled + i, 1)[0] for i in range(labelled)),
                *(streams.sample_keys(1, first_pair + i, 1)[0] for i in range(pairs)),
            ]
            first_labelled, first_pair = first_labelled + labelled, first_pair + pairs


@pytest.mark.parametrize(("ranks", "parts"), SPLITS)
def test_steps_have_the_same_samples_however_they_are_divided(ranks: int, parts: int) -> None:
    divided, whole = steps(5, ranks, parts), steps(5, 1, 1)
    assert [by_source(step) for step in divided] == [by_source(step) for step in whole]


def test_other_ranks_and_another_batch_go_on_after_the_consumed_samples() -> None:
    before = steps(3, 2, 3)
    between = steps(2, 3, 2, {"labelled": 36, "pairs": 72})
    # Half the global batch from here on.
    after = steps(2, 1, 3, {"labelled": 60, "pairs": 120}, size=18)
    whole = steps(6, 1, 1)
    ours = [by_source([part for step in run for part in step]) for run in (before, between, after)]
    for source in (0, 1):
        joined = [key for run in ours for key in run[source]]
        assert joined == [key for step in whole for key in by_source(step)[source]]


def test_step_counts_are_those_of_all_ranks_and_micro_batches() -> None:
    batch_sampler = sampler(source_streams(), 6, rank=1, world_size=3, parts=2)
    assert batch_sampler.step_counts == {"labelled": 12, "pairs": 24}


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


def test_batch_that_cannot_hold_the_ratio_is_refused() -> None:
    with pytest.raises(ValueError, match=r"batch_size=7 cannot hold ratio=\(1, 2\).* 6 or 9"):
        sampler(source_streams(), 7)


def test_number_of_micro_batches_is_a_whole_number() -> None:
    with pytest.raises(ValueError, match=r"batch_sampler\.accumulation is 0; it takes a whole num"):
        sampler(source_streams(), 6, parts=0)


def test_absent_source_is_refused() -> None:
    with pytest.raises(ValueError, match=r"ratio=\(1, 2\) takes 4 of 6 .*'pairs'.*pairs=dict"):
        MixingBatchSampler(source_streams(pairs=0), 6, (1, 2))


def test_absent_source_may_have_no_part() -> None:
    batch_sampler = MixingBatchSampler(source_streams(pairs=0), 6, (1, 0))
    assert [key.source for key in next(iter(batch_sampler))] == [0] * 6


@pytest.mark.parametrize(("ranks", "parts"), SPLITS)
def test_step_that_is_left_out_is_missing_from_the_streams(ranks: int, parts: int) -> None:
    """The samples are those of the streams without the positions of steps 2 and 3, in order."""
    plain = steps(6, ranks, parts)
    one = sampler(source_streams(), 36 // (ranks * parts), 0, ranks, parts)
    left_out = one.leave_out({"labelled": 24, "pairs": 48})
    one.start_after({"labelled": 12, "pairs": 24}, left_out)
    # Counted without what is left out, step 3 comes after two others.
    left_out = one.leave_out({"labelled": 24, "pairs": 48})
    assert left_out == {"labelled": [(24, 24)], "pairs": [(48, 48)]}
    for start in (0, 1, 2, 3):
        found = steps(
            4 - start, ranks, parts, {"labelled": 12 * start, "pairs": 24 * start}, 36, left_out
        )
        assert found == [*plain[:2], *plain[4:]][start:]
