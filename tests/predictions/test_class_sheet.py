"""Images above the bars of their classes."""

from unittest.mock import patch

import numpy as np
import pytest
from matplotlib.axes import Axes

from iclip.predictions.class_sheet import WIDTH, draw_class_sheet


@pytest.mark.parametrize("count", [1, 6])
@pytest.mark.parametrize("name", ["cat", "a_$x^2$ \\frac", "€" * 90])
def test_sheet_has_one_size(count: int, name: str):
    frames = [np.full((40, 60, 3), 200, dtype=np.uint8)] * count
    sheet = draw_class_sheet(frames, [name, "dog"], [0.75, 0.25])
    assert sheet.shape == (420, 960, 3) and sheet.dtype == np.uint8


def test_bars_are_as_long_as_the_scores():
    frame = np.full((40, 60, 3), 255, dtype=np.uint8)
    sheet = draw_class_sheet([frame], ["cat", "dog"], [0.8, 0.4])
    blue = (sheet == (0x00, 0x72, 0xB2)).all(axis=2).sum(axis=1)
    lengths = sorted(set(blue[blue > 0].tolist()))
    assert lengths[-1] / lengths[0] == pytest.approx(2, rel=0.03)


def test_no_more_pixels_are_drawn_than_the_sheet_has():
    frame = np.zeros((30, 4 * WIDTH, 3), dtype=np.uint8)
    frame[:, : 2 * WIDTH] = (255, 0, 0)
    with patch.object(Axes, "imshow", autospec=True, side_effect=Axes.imshow) as drawn:
        sheet = draw_class_sheet([frame], ["cat"], [1.0])
    assert drawn.call_args.args[1].size == (WIDTH, 8)
    red = (sheet == (255, 0, 0)).all(axis=2)
    black = (sheet == (0, 0, 0)).all(axis=2)
    assert red.sum() == pytest.approx(black[: red.nonzero()[0].max() + 1].sum(), rel=0.05)
