"""Where a Swin block's attention windows lie on a map of any size (arXiv:2103.14030, section 3.2).

The original decides this in three codes, each for its own inputs: classification drops the shift
where a map is not larger than the window, detection pads a map to a multiple of the window and then
rolls it, video does both in each direction on its own, from the map it meets. The last contains the
other two, so it is the rule here, at every forward.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

# Added to the attention logits between tokens that only the roll made neighbours. The original's
# -100 leaves weights of 1e-44 in the softmax, too small for a CPU to compute with at full speed.
MASKED = -1000.0


@dataclass(frozen=True)
class WindowGrid:
    """The windows on one map: how large, how far shifted, how much padding they need.

    Args:
        size: Height and width of the map, in tokens.
        window: Height and width of the windows, at most those of the map.
        shift: Rows and columns by which the windows are shifted.
    """

    size: tuple[int, int]
    window: tuple[int, int]
    shift: tuple[int, int]

    @classmethod
    def on_map(cls, size: tuple[int, int], window_size: int, shifted: bool) -> "WindowGrid":
        """Lay windows on a map.

        Args:
            size: Height and width of the map, in tokens.
            window_size: Side of the windows. In a direction in which the map is not larger, the
                window takes the map's size and is not shifted: it sees everything as it is.
            shifted: Whether the block is one with shifted windows, by half a window.
        """
        height, width = (min(side, window_size) for side in size)
        down, right = (window_size // 2 if shifted and side > window_size else 0 for side in size)
        return cls((size[0], size[1]), (height, width), (down, right))

    @property
    def counts(self) -> tuple[int, int]:
        """Rows and columns of windows."""
        return -(-self.size[0] // self.window[0]), -(-self.size[1] // self.window[1])

    @property
    def padding(self) -> tuple[int, int]:
        """Rows and columns of zeros needed below and to the right of the map."""
        rows, columns = self.counts
        return rows * self.window[0] - self.size[0], columns * self.window[1] - self.size[1]

    @property
    def is_shifted(self) -> bool:
        """Whether the windows are shifted in any direction."""
        return any(self.shift)

    def lay(self, tokens: Tensor) -> Tensor:
        """Pad a map (B, H, W, C), then roll it, so that its first window starts at its corner."""
        if any(self.padding):
            below, right = self.padding
            tokens = F.pad(tokens, (0, 0, 0, right, 0, below))
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

    def split(self, qkv: Tensor, num_heads: int) -> tuple[Tensor, ...]:
        """Cut a laid map into windows and heads, in one copy.

        Args:
            qkv: (B, H, W, 3 * C), queries, keys and values side by side.
            num_heads: Attention heads.

        Returns:
            Queries, keys and values, each (B, windows, heads, N, C / heads) for N tokens a window.
        """
        (rows, columns), (height, width) = self.counts, self.window
        qkv = qkv.view(len(qkv), rows, height, columns, width, 3, num_heads, -1)
        qkv = qkv.permute(5, 0, 1, 3, 6, 2, 4, 7)  # 3, B, rows, columns, heads, height, width, d
        return qkv.flatten(5, 6).flatten(2, 3).unbind()

    def join(self, windows: Tensor) -> Tensor:
        """Put (B, windows, heads, N, C / heads) together again: (B, H, W, C)."""
        (rows, columns), (height, width) = self.counts, self.window
        windows = windows.unflatten(3, (height, width)).unflatten(1, (rows, columns))
        windows = windows.permute(0, 1, 4, 2, 5, 3, 6)  # B, rows, height, columns, width, heads, d
        return windows.flatten(5, 6).flatten(3, 4).flatten(1, 2)


@lru_cache(maxsize=64)
def border_masks(window: tuple[int, int], shift: tuple[int, int], device: torch.device) -> Tensor:
    """Masks of the four kinds of window that shifting makes.

    After the roll, the windows of the last row hold the map's last rows above its first ones, and
    those of the last column likewise. All others hold true neighbours, so four masks serve maps of
    every size. In a direction without shift nothing is masked.

    Returns:
        (4, 1, N, N) of 0 and ``MASKED``: inner windows, last column, last row, corner.
    """
    with torch.inference_mode(False):  # it is kept, and must also serve training
        wrapped_rows = torch.arange(window[0], device=device) >= window[0] - shift[0]
        wrapped_columns = torch.arange(window[1], device=device) >= window[1] - shift[1]
        wrapped_rows = wrapped_rows[:, None].expand(window).flatten()
        wrapped_columns = wrapped_columns.expand(window).flatten()
        across_rows = wrapped_rows[:, None] != wrapped_rows
        across_columns = wrapped_columns[:, None] != wrapped_columns
        across_either = across_rows | across_columns
        kinds = (torch.zeros_like(across_rows), across_columns, across_rows, across_either)
        return torch.stack(kinds)[:, None] * MASKED


@lru_cache(maxsize=256)
def border_kinds(counts: tuple[int, int], device: torch.device) -> Tensor:
    """Which of :func:`border_masks` each of rows x columns windows takes.

    Returns:
        (windows,) int64, row by row.
    """
    with torch.inference_mode(False):
        rows, columns = (torch.arange(count, device=device) for count in counts)
        in_last_row, in_last_column = rows == counts[0] - 1, columns == counts[1] - 1
        return (2 * in_last_row[:, None] + 1 * in_last_column).flatten()
