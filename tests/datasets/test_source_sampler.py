import pytest

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


def test_missing_seed_is_drawn() -> None:
    assert isinstance(source_streams(seed=None).seed, int)


def test_streams_alone_cannot_feed_a_dataloader() -> None:
    with pytest.raises(TypeError, match="add batch_sampler=dict\\(type='MixingBatchSampler'"):
        iter(source_streams())
