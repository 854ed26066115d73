"""The positions of a Swin block's windows on a map of any size (arXiv:2103.14030, section 3.2).

The original has three versions, each for its own inputs. Classification drops the shift where a map
is not larger than the window. Detection pads a map to a multiple of the window and then rolls it.
Video does both, for each direction separately, from the size of the current map. The last includes
the other two, so it is the rule here, for maps of two directions (height, width) and of three (time
in front).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

# Added to the attention logits of tokens that are neighbors only because of the roll. The
# original's -100 leaves weights of 1e-44 in the softmax, with which a CPU computes slowly.
MASKED = -1000.0

Sides = tuple[int, ...]


@dataclass(frozen=True)
class WindowGrid:
    """The windows on one map: their size, their shift and the padding that they need.

    Args:
        size: Sides of the map in tokens, one per direction.
        window: Sides of the windows, at most those of the map.
        shift: Tokens by which the windows are shifted.
    """

    size: Sides
    window: Sides
    shift: Sides

    @classmethod
    def for_map(cls, size: Sequence[int], window: Sequence[int], shifted: bool) -> "WindowGrid":
        """Place windows on a map.

        Args:
            size: Sides of the map in tokens.
            window: Sides of the windows as configured. In a direction in which the map is not
                larger, the window has the map's size and is not shifted.
            shifted: Whether the block shifts its windows, by half a window.
        """
        shift = (
            wanted // 2 if shifted and side > wanted else 0
            for side, wanted in zip(size, window, strict=True)
        )
        return cls(tuple(size), tuple(map(min, size, window)), tuple(shift))

    @property
    def counts(self) -> Sides:
        """Number of windows per direction, the last of which may reach beyond the map."""
        return tuple(
            -(-side // window) for side, window in zip(self.size, self.window, strict=True)
        )

    @property
    def padding(self) -> Sides:
        """Number of zero tokens behind the map's end, per direction."""
        sides = zip(self.counts, self.window, self.size, strict=True)
        return tuple(count * window - side for count, window, side in sides)

    @property
    def is_shifted(self) -> bool:
        """Whether the windows are shifted in any direction."""
        return any(self.shift)

    def pad_and_roll(self, tokens: Tensor) -> Tensor:
        """Pad a map (B, *size, C), then roll it, so that its first window starts at its corner.

        Rolled by minus the shift, the shifted windows lie where windows without shift would.
        """
        if any(self.padding):
            # F.pad goes from the last direction to the first, each as (before, behind).
            ends = [number for behind in reversed(self.padding) for number in (0, behind)]
            tokens = F.pad(tokens, (0, 0, *ends))  # B, *padded size, C
        if self.is_shifted:
            tokens = tokens.roll([-shift for shift in self.shift], dims=self._directions)
        return tokens

    def undo_pad_and_roll(self, tokens: Tensor) -> Tensor:
        """Undo :meth:`pad_and_roll`."""
        if self.is_shifted:
            tokens = tokens.roll(self.shift, dims=self._directions)
        if any(self.padding):
            inside = (slice(None), *map(slice, self.size))
            tokens = tokens[inside]  # B, *size, C
        return tokens

    def to_windows(self, qkv: Tensor, num_heads: int) -> Tensor:
        """Cut a padded and rolled map into windows and heads, in one copy.

        The shapes in the comments are those of an image: h x w windows of m x n tokens.

        Args:
            qkv: (B, *padded size, 3 * C), queries, keys and values side by side.
            num_heads: Attention heads.

        Returns:
            (3, B * windows, heads, N, d) for N tokens of a window and d = C / heads.
        """
        directions = len(self.size)
        sides = [side for pair in zip(self.counts, self.window, strict=True) for side in pair]
        # B, h * m, w * n, 3 * C -> B, h, m, w, n, 3, heads, d -> 3, B, h, m, w, n, heads, d
        qkv = qkv.view(-1, *sides, 3, num_heads, qkv.shape[-1] // (3 * num_heads))
        qkv = qkv.movedim(-3, 0)
        # -> 3, B, h, w, heads, m, n, d: m and n move behind the heads.
        inside = tuple(range(3, 3 + 2 * directions, 2))
        qkv = qkv.movedim(inside, tuple(range(-1 - directions, -1)))
        # -> 3, B * h * w, heads, m * n, d: only here are the numbers copied into this order.
        return qkv.reshape(3, -1, num_heads, math.prod(self.window), qkv.shape[-1])

    def from_windows(self, windows: Tensor) -> Tensor:
        """Undo :meth:`to_windows`: (B * windows, heads, N, d) to (B, *padded size, C)."""
        directions, heads = len(self.size), windows.shape[1]
        tokens = windows.view(-1, *self.counts, heads, *self.window, windows.shape[-1])
        # B, h, w, heads, m, n, d -> B, h, w, m, n, heads, d
        tokens = tokens.movedim(1 + directions, -2)
        # -> B, h, m, w, n, heads, d: m moves behind h, and n behind w.
        inside = tuple(range(1 + directions, 1 + 2 * directions))
        between = tuple(range(2, 2 + 2 * directions, 2))
        tokens = tokens.movedim(inside, between)
        padded = (count * side for count, side in zip(self.counts, self.window, strict=True))
        # Not len(), which would make the batch size a constant of an exported graph.
        return tokens.reshape(tokens.shape[0], *padded, -1)  # B, h * m, w * n, C

    def masks(self, device: torch.device) -> tuple[Tensor | None, Tensor | None]:
        """Return :func:`border_masks` and :func:`border_kinds`; None where nothing is shifted."""
        if not self.is_shifted:
            return None, None
        masks = border_masks(self.window, self.shift, device)
        kinds = border_kinds(self.counts, device)
        if type(masks) is not Tensor or type(kinds) is not Tensor:
            # Tensors of a trace (torch's FakeTensorMode) have no values, so they must not be kept.
            border_masks.cache_clear()
            border_kinds.cache_clear()
        return masks, kinds

    @property
    def _directions(self) -> Sides:
        return tuple(range(1, len(self.size) + 1))


# A network has few pairs of window and shift; each size of a map below the window's adds one.
@lru_cache(maxsize=64)
def border_masks(window: Sides, shift: Sides, device: torch.device) -> Tensor:
    """Return a mask for each kind of window that a shift makes.

    After the roll, the last window of a direction holds the map's end and then its beginning. All
    other windows hold true neighbors, so 2 ** directions masks serve maps of every size. In a
    direction without shift, nothing is masked.

    Args:
        window: Sides of the windows in tokens, N tokens in all.
        shift: Tokens by which they are shifted, per direction.
        device: Where the masks lie.

    Returns:
        (kinds, N, N) float32, 0 or ``MASKED``. The binary digits of a kind's number tell in which
        directions the window is the last. Images: inner windows, last column, last row, corner.
    """
    with torch.inference_mode(False):  # the cached tensor must also serve training
        # Per direction, which tokens of its last window come from the map's beginning: (side,).
        rolled = (
            torch.arange(side, device=device) >= side - by
            for side, by in zip(window, shift, strict=True)
        )
        masked = torch.zeros(
            1, math.prod(window), math.prod(window), dtype=torch.bool, device=device
        )
        for from_beginning in torch.meshgrid(*rolled, indexing="ij"):  # *window
            # Not by !=, for which the compiler of torch 2.11 has an error on booleans.
            across = from_beginning.flatten()[:, None].logical_xor(from_beginning.flatten())  # N, N
            # Each kind becomes two: not the last window in this direction, and the last.
            masked = torch.stack([masked, masked | across], dim=1).flatten(0, 1)  # kinds, N, N
        return masked * MASKED


# One entry per number of windows in each direction: detection meets many.
@lru_cache(maxsize=256)
def border_kinds(counts: Sides, device: torch.device) -> Tensor:
    """Return the kind of each window: its index in :func:`border_masks`.

    Args:
        counts: Number of windows per direction.
        device: Where the kinds lie.

    Returns:
        (windows,) int64, in the order of :meth:`WindowGrid.to_windows`.
    """
    with torch.inference_mode(False):  # the cached tensor must also serve training
        kinds = torch.zeros((), dtype=torch.int64, device=device)
        for count in counts:
            is_last = torch.arange(count, device=device) == count - 1
            # One more binary digit per direction: (...,) and (count,) become (..., count).
            kinds = 2 * kinds[..., None] + is_last
        return kinds.flatten()
