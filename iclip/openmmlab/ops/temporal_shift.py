"""Move groups of channels in time, each clip by its own steps (TIN, arXiv:2001.06499)."""

import torch
from torch import Tensor


def tin_shift_forward(input: Tensor, shift: Tensor, output: Tensor) -> None:
    """Move frame t of a group's channels to t + shift; what leaves the clip is dropped.

    Args:
        input: (B, T, C, H * W)
        shift: Frames per clip and group, int, (B, G).
        output: Receives the result, of the input's shape; zero where no frame arrives.
    """
    output.copy_(_moved(input, shift))


def tin_shift_backward(grad_output: Tensor, shift: Tensor, grad_input: Tensor) -> None:
    """Fill ``grad_input`` by moving the gradient back.

    mmcv 2.1's kernel moves it forward once more, which is not the derivative.
    """
    grad_input.copy_(_moved(grad_output, -shift))


def _moved(frames: Tensor, shift: Tensor) -> Tensor:
    """Move frames (B, T, C, S) in time by the steps (B, G) of their channels' group."""
    length, channels = frames.shape[1:3]
    # The frame that arrives at each time: `origin`, if it is inside the clip.
    steps = shift.repeat_interleave(channels // shift.shape[1], dim=1)  # (B, C)
    origin = torch.arange(length, device=frames.device)[:, None] - steps[:, None]  # (B, T, C)
    inside = (origin >= 0) & (origin < length)
    places = torch.where(inside, origin, 0)[..., None].expand_as(frames)  # (B, T, C, S)
    return frames.gather(1, places) * inside[..., None]
