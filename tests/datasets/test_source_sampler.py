from types import SimpleNamespace

import numpy as np
import pytest

from iclip.datasets.source_sampler import SourceSampler
from tests.support.source_streams import source_streams


def test_epochs_and_sources_are_shuffled_differently() -> None:
    streams = source_streams(100, 100)
    orders = [[key.index for key in streams.sample_keys(source, start, 100)] for source, start in (
        (0, 0), (0, 100), (1, 0),
    )]  # fmt: skip
    assert all(sorted(order) == list(range(100)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3


def test_unshuffled_streams_are_in_order() -> None:
    keys = source_streams(5, shuffle=False).sample_keys(0, 3, 9)
    assert [key.index for key in keys] == [3, 4, 0, 1, 2, 3, 4, 0, 1]


def test_piece_may_span_epochs() -> None:
    streams = source_streams(labelled=5)
    one_by_one = [key for position in range(3, 20) for key in streams.sample_keys(0, position, 1)]
    assert streams.sample_keys(0, 3, 17) == one_by_one


def test_seeds_depend_on_run_source_and_position_only() -> None:
    def seeds(source: int = 0, **settings: object) -> list[int]:
        return [key.seed for key in source_streams(**settings).sample_keys(source, 40, 20)]

    assert seeds() == seeds(labelled=1000, shuffle=False)
    assert len({*seeds(), *seeds(source=1), *seeds(seed=1)}) == 60
    assert all(0 <= seed < 2**63 for seed in seeds())


def test_other_run_seed_gives_another_order() -> None:
    first, second = (source_streams(seed=seed).sample_keys(0, 0, 50) for seed in (0, 1))
    assert [key.index for key in first] != [key.index for key in second]


def with_shards(count: int, **settings: object) -> SourceSampler:
    """Streams of 50 labelled images in as many files, and of ``count`` shards of 10 pairs."""
    dataset = SimpleNamespace(
        source_names=("labelled", "pairs"),
        source_sizes=(50, 10 * count),
        source_shards=(None, np.arange(0, 10 * count + 1, 10)),
    )
    return SourceSampler(dataset, **{"seed": 0, **settings})


def test_shards_that_fit_in_a_window_are_permuted_as_a_whole() -> None:
    plain = source_streams(labelled=50, pairs=70).sample_keys(1, 0, 140)
    assert with_shards(7, window=7).sample_keys(1, 0, 140) == plain
    windows = with_shards(7, window=6).sample_keys(1, 0, 140)
    assert windows != plain
    assert [key.seed for key in windows] == [key.seed for key in plain]


def test_more_shards_are_read_by_windows_epoch_after_epoch() -> None:
    streams = with_shards(12, window=4, run=5)
    keys = streams.sample_keys(1, 0, 360)
    orders = [[key.index for key in keys[start : start + 120]] for start in (0, 120, 240)]
    assert len({tuple(order) for order in orders}) == 3
    for order in orders:
        assert sorted(order) == list(range(120))
        assert [len({i // 10 for i in order[start : start + 40]}) for start in (0, 40, 80)] == [
            4
        ] * 3
    assert streams.sample_keys(1, 111, 30) == keys[111:141]


def test_unshuffled_shards_are_read_in_order() -> None:
    keys = with_shards(7, window=2, shuffle=False).sample_keys(1, 0, 70)
    assert [key.index for key in keys] == list(range(70))


@pytest.mark.parametrize("name", ["window", "run"])
@pytest.mark.parametrize("value", [0, -3, 2.5, "8"])
def test_window_or_run_that_is_not_a_whole_number_is_refused(name: str, value: object) -> None:
    with pytest.raises(
        ValueError, match=rf"SourceSampler\({name}={value!r}\): give a whole number"
    ):
        source_streams(**{name: value})


def test_missing_seed_is_drawn() -> None:
    assert isinstance(source_streams(seed=None).seed, int)


def test_streams_alone_cannot_feed_a_dataloader() -> None:
    with pytest.raises(TypeError, match="add batch_sampler=dict\\(type='MixingBatchSampler'"):
        iter(source_streams())
