"""Where a Swin block's attention windows lie on a map of any size (arXiv:2103.14030, section 3.2).

The original code decides three times, each for its own input: the classification code drops the
shift where the map is not larger than the window, the detection code pads the map to a multiple of
the window and then rolls it, and the video code does both in each direction on its own, from the
map it meets. The last contains the others, so it is what happens here at every forward.

Shapes: B images, H x W tokens of the map, C channels, N tokens of a window.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

# Added to the attention logits of two tokens that are neighbours only through the roll. The
# original's number: small enough to vanish in a softmax, and no NaN where a row holds nothing else.
MASKED = -100.0


@dataclass(frozen=True)
class WindowGrid:
    """Windows on one map: their size, by how much they are shifted, and what must be padded.

    Args:
        size: Height and width of the map.
        window: Height and width of the windows, not larger than the map.
        shift: Rows and columns by which the windows are shifted; 0 in a direction that holds
            a single window, where a shift would show no new neighbours.
    """

    size: tuple[int, int]
    window: tuple[int, int]
    shift: tuple[int, int]

    @classmethod
    def on_map(cls, size: tuple[int, int], window_size: int, shifted: bool) -> "WindowGrid":
        """Lay windows on a map of any size.

        Args:
            size: Height and width of the map.
            window_size: Side of the windows; a smaller map gets a window of its own size.
            shifted: Whether the block is one of those with shifted windows.
        """
        height, width = (min(side, window_size) for side in size)
        down, right = (window_size // 2 if side > window_size and shifted else 0 for side in size)
        return cls(size, (height, width), (down, right))

    @property
    def counts(self) -> tuple[int, int]:
        """Rows and columns of windows."""
        return -(-self.size[0] // self.window[0]), -(-self.size[1] // self.window[1])

    @property
    def padding(self) -> tuple[int, int]:
        """Rows and columns of zeros below and to the right of the map."""
        rows, columns = self.counts
        return rows * self.window[0] - self.size[0], columns * self.window[1] - self.size[1]

    @property
    def is_shifted(self) -> bool:
        """Whether the map is rolled at all."""
        return any(self.shift)

    def lay(self, tokens: Tensor) -> Tensor:
        """Pad a map (B, H, W, C), then roll it, so that its windows start at the corner."""
        if any(self.padding):
            down, right = self.padding
            tokens = F.pad(tokens, (0, 0, 0, right, 0, down))
        if self.is_shifted:
            tokens = tokens.roll((-self.shift[0], -self.shift[1]), dims=(1, 2))
        return tokens

    def lift(self, tokens: Tensor) -> Tensor:
        """Undo :meth:`lay`."""
        if self.is_shifted:
            tokens = tokens.roll(self.shift, dims=(1, 2))
        if any(self.padding):
            tokens = tokens[:, : self.size[0], : self.size[1]]
        return tokens


@lru_cache(maxsize=64)
def border_masks(window: tuple[int, int], shift: tuple[int, int], device: torch.device) -> Tensor:
    """Masks of the four kinds of window that a shift makes.

    After the roll, a window of the last row holds the map's last rows above its first ones, and a
    window of the last column likewise. No other window mixes what is not adjacent, whatever the
    map's size.

    Returns:
        (4, 1, N, N) of 0 and ``MASKED``: inner windows, last column, last row, corner.
    """
    with torch.inference_mode(False):  # kept, so it must serve training as well
        rows = torch.arange(window[0], device=device) >= window[0] - shift[0]
        columns = torch.arange(window[1], device=device) >= window[1] - shift[1]
        rows = rows[:, None].expand(window).flatten()
        columns = columns[None, :].expand(window).flatten()
        apart_rows = rows[:, None] != rows[None, :]
        apart_columns = columns[:, None] != columns[None, :]
        none = torch.zeros_like(apart_rows)
        kinds = torch.stack((none, apart_columns, apart_rows, apart_columns | apart_rows))
        return (kinds * MASKED)[:, None]


@lru_cache(maxsize=256)
def border_kinds(grid: WindowGrid, device: torch.device) -> Tensor:
    """Which of :func:`border_masks` each window takes, row by row: (windows,) int64."""
    with torch.inference_mode(False):
        rows, columns = (torch.arange(count, device=device) for count in grid.counts)
        last_row = (rows == grid.counts[0] - 1) & (grid.shift[0] > 0)
        last_column = (columns == grid.counts[1] - 1) & (grid.shift[1] > 0)
        return (2 * last_row[:, None] + 1 * last_column[None, :]).flatten()
