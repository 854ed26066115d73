"""Where windows lie, on maps of two and of three directions."""

import math
from itertools import product

import pytest
import torch

from iclip.models.swin.windows import MASKED, WindowGrid, border_kinds, border_masks
from tests.models.swin.small_swin import images, small_swin

CPU = torch.device("cpu")


def test_window_and_shift_follow_from_the_map() -> None:
    grid = WindowGrid.for_map((10, 3), (4, 4), shifted=True)
    assert grid == WindowGrid((10, 3), window=(4, 3), shift=(2, 0))
    assert (grid.counts, grid.padding) == ((3, 1), (2, 0))
    assert WindowGrid.for_map((8, 4, 9), (8, 7, 7), shifted=True).shift == (0, 0, 3)


@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize("size", [(10, 3), (4, 8), (5, 6, 9)], ids=str)
def test_padding_rolling_and_cutting_lose_nothing(size: tuple[int, ...], shifted: bool) -> None:
    grid = WindowGrid.for_map(size, (2, 4, 4)[-len(size) :], shifted)
    tokens = torch.randn(2, *size, 6)
    laid = grid.pad_and_roll(tokens)
    assert laid.shape[1:-1] == tuple(map(int.__mul__, grid.counts, grid.window))
    qkv = torch.cat([laid, laid + 1, laid + 2], dim=-1)
    for i, part in enumerate(grid.to_windows(qkv, num_heads=3)):
        assert part.shape == (2 * math.prod(grid.counts), 3, math.prod(grid.window), 2)
        assert torch.equal(grid.undo_pad_and_roll(grid.from_windows(part)), tokens + i)


@pytest.mark.parametrize("size", [(9, 8), (5, 4), (6, 9, 8)], ids=str)
def test_shifted_windows_see_only_true_neighbors(size: tuple[int, ...]) -> None:
    """Two tokens of a window see each other unless the roll brought one round in some direction."""
    grid = WindowGrid.for_map(size, (4, 4, 4)[: len(size)], shifted=True)
    sides = [count * window for count, window in zip(grid.counts, grid.window, strict=True)]
    masks, kinds = border_masks(grid.window, grid.shift, CPU), border_kinds(grid.counts, CPU)
    for number, corner in enumerate(product(*map(range, grid.counts))):
        places = [
            [c * w + i for c, w, i in zip(corner, grid.window, inside, strict=True)]
            for inside in product(*map(range, grid.window))
        ]
        # Which tokens come from the map's beginning, in each direction.
        rolled = [
            [p + s >= side for p, s, side in zip(place, grid.shift, sides, strict=True)]
            for place in places
        ]
        for i, first in enumerate(rolled):
            expected = [0.0 if first == second else MASKED for second in rolled]
            assert masks[kinds[number], i].tolist() == expected


def test_masks_are_built_once_per_size() -> None:
    model = small_swin()
    border_masks.cache_clear()
    border_kinds.cache_clear()
    with torch.no_grad():
        model(images(1, 3, 37, 53))
        built = border_masks.cache_info().misses, border_kinds.cache_info().misses
        # Shifted maps are 19 x 27, 10 x 14 and 5 x 7 tokens: one kind of mask, three grids.
        assert built == (1, 3)
        model(images(2, 3, 37, 53))
        assert (border_masks.cache_info().misses, border_kinds.cache_info().misses) == built
        model(images(1, 3, 64, 64))
        assert border_masks.cache_info().misses == 1
    assert border_kinds.cache_info().maxsize is not None


def test_masks_made_for_inference_serve_training() -> None:
    border_masks.cache_clear()
    border_kinds.cache_clear()
    model, x = small_swin(), images(1, 3, 38, 38)
    with torch.inference_mode():
        expected = model.forward_pooled(x)
    actual = model.forward_pooled(x)
    actual.sum().backward()
    torch.testing.assert_close(actual, expected)
