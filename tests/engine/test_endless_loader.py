"""A data loader in steps starts anywhere without reading earlier samples."""

from typing import Any

import pytest

from iclip.engine.endless_loader import EndlessLoader
from tests.support.position_loader import Positions, loader, positions
from tests.support.tiny_run.data import TwoBatches


@pytest.mark.parametrize(
    "options",
    [{}, dict(num_workers=2, persistent_workers=True), dict(num_workers=1, prefetch_factor=8)],
    ids=["in the process", "persistent workers", "prefetching"],
)
def test_steps_start_after_the_consumed_samples(options: dict[str, Any]):
    endless = EndlessLoader(loader(**options), 100)
    for start in (7, 0):
        steps = endless.steps_from(start, {"labelled": 4 * start})
        first = [[batch.tolist() for batch in next(steps)] for _ in range(3)]
        assert first == [[list(range(4 * k, 4 * k + 4))] for k in range(start, start + 3)]


def test_step_holds_all_its_micro_batches():
    batches = positions(2, accumulation=3)
    steps = EndlessLoader(loader(batches, num_workers=2), 100).steps_from(0, {})
    first = [[batch.tolist() for batch in next(steps)] for _ in range(2)]
    assert first == [[[0, 1], [2, 3], [4, 5]], [[6, 7], [8, 9], [10, 11]]]


def test_no_earlier_sample_is_read():
    data = loader()
    next(EndlessLoader(data, 100).steps_from(1000, {"labelled": 4000}))
    assert data.dataset.read == [4000, 4001, 4002, 4003]


def test_mmengine_sees_one_epoch_of_the_whole_run():
    endless = EndlessLoader(loader(), 100)
    assert len(endless) == 100
    assert isinstance(endless.dataset, Positions)


def test_sampler_that_cannot_start_later_is_refused():
    expected = r"batch_sampler is a TwoBatches, which cannot start at iteration 3.*MixingBatchSamp"
    with pytest.raises(ValueError, match=expected):
        next(EndlessLoader(loader(TwoBatches(None, 4)), 100).steps_from(3, {}))


def test_keys_of_a_step_are_those_of_its_samples():
    endless = EndlessLoader(loader(positions(2, accumulation=2)), 100)
    left_out = {"labelled": [(30, 5)]}
    steps = endless.steps_from(7, {"labelled": 28}, left_out)
    for iteration, expected in ((7, [[28, 29], [35, 36]]), (8, [[37, 38], [39, 40]])):
        assert [batch.tolist() for batch in next(steps)] == expected
        keys = endless.step_keys(iteration)
        assert [[key.index for key in part] for part in keys] == expected


def test_keys_of_another_sampler_are_not_known():
    assert EndlessLoader(loader(TwoBatches(None, 4)), 100).step_keys(0) == []
