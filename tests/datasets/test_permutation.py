import numpy as np
import pytest

from iclip.datasets.permutation import permute

SIZES = [1, 2, 3, 4, 5, 7, 10, 16, 97, 100, 1000, 4096, 10_007]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("key", [0, 1, 2**63 + 5])
def test_every_permutation_is_a_bijection(size: int, key: int) -> None:
    assert sorted(permute(np.arange(size), size, key).tolist()) == list(range(size))


@pytest.mark.parametrize("size", SIZES)
def test_random_access_equals_the_whole(size: int) -> None:
    whole = permute(np.arange(size), size, 5)
    assert [int(permute(np.array([p]), size, 5)[0]) for p in range(min(size, 50))] == (
        whole[:50].tolist()
    )


def test_each_position_may_have_its_own_size_and_key() -> None:
    sizes, keys = np.array([1, 7, 10_007, 400_000_000, 7]), [3, 2**64 - 1, 0, 5, 6]
    positions = np.array([0, 6, 10_006, 123_456_789, 2])
    alone = [
        int(permute(np.array([position]), int(size), key)[0])
        for position, size, key in zip(positions, sizes, keys, strict=True)
    ]
    assert permute(positions, sizes, np.array(keys, np.uint64)).tolist() == alone


def test_order_of_a_seed_stays_from_release_to_release() -> None:
    """A run that an earlier version began goes on with the same samples."""
    assert permute(np.arange(10), 10, 5).tolist() == [7, 8, 6, 5, 3, 2, 1, 4, 0, 9]
    assert permute(np.array([0, 399_999_999]), 400_000_000, 2**63).tolist() == [
        247862767,
        252753325,
    ]


def test_keys_give_unrelated_permutations() -> None:
    first, second = (permute(np.arange(1000), 1000, key) for key in (1, 2))
    # One agreement is expected of unrelated permutations of any size.
    assert (first == second).sum() < 8


def test_large_sizes_need_no_array_of_that_size() -> None:
    size = 400_000_000
    positions = np.arange(size - 5000, size)
    found = permute(positions, size, 3)
    assert len(np.unique(found)) == 5000
    assert 0 <= found.min() <= found.max() < size
    # Neighbors are thrown far apart: a third of the size on average, as of two random numbers.
    assert abs(np.abs(np.diff(found)).mean() / size - 1 / 3) < 0.02


@pytest.mark.parametrize("size", [2, 3, 6, 10])
@pytest.mark.parametrize("position", [0, 1])
def test_every_place_is_equally_likely(size: int, position: int) -> None:
    keys = 600
    places = [int(permute(np.array([position]), size, key)[0]) for key in range(keys)]
    expected = keys / size
    chi_square = sum((places.count(p) - expected) ** 2 / expected for p in range(size))
    # Above it with a probability of about one in a thousand, at up to 9 degrees of freedom.
    assert chi_square < {2: 10.8, 3: 13.8, 6: 20.5, 10: 27.9}[size]


def test_all_orders_of_three_are_equally_likely() -> None:
    orders = [tuple(permute(np.arange(3), 3, key).tolist()) for key in range(1200)]
    counts = [orders.count(order) for order in set(orders)]
    assert len(counts) == 6
    # 0.1 % point of chi-square with 5 degrees of freedom.
    assert sum((count - 200) ** 2 / 200 for count in counts) < 20.5


def test_order_does_not_follow_the_positions() -> None:
    found = permute(np.arange(10_000), 10_000, 9)
    assert abs(np.corrcoef(np.arange(10_000), found)[0, 1]) < 0.04
    # Half of all neighbors rise.
    assert abs((np.diff(found) > 0).mean() - 0.5) < 0.02


def test_keeps_the_shape_of_the_positions() -> None:
    assert permute(np.arange(6).reshape(2, 3), 10, 0).shape == (2, 3)
    assert permute(np.empty(0, dtype=np.int64), 10, 0).shape == (0,)


@pytest.mark.parametrize("position", [-1, 10])
def test_position_outside_is_refused(position: int) -> None:
    with pytest.raises(ValueError, match=rf"positions {position}\.\.{position} .* range\(10\)"):
        permute(np.array([position]), 10, 0)


def test_empty_permutation_is_refused() -> None:
    with pytest.raises(ValueError, match="size must be at least 1"):
        permute(np.array([0]), 0, 0)
