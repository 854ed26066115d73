"""PSANet's attention of each pixel to the pixels around it (PSANet, ECCV 2018)."""

import torch
from torch import Tensor


def psamask_forward(
    input: Tensor,
    output: Tensor,
    psa_type: int,
    num_: int,
    h_feature: int,
    w_feature: int,
    h_mask: int,
    w_mask: int,
    half_h_mask: int,
    half_w_mask: int,
) -> None:
    """Spread each pixel's window of weights over the whole map.

    Args:
        input: A window of weights per pixel, centered on the pixel,
            (B, h_mask * w_mask, h_feature, w_feature).
        output: Receives (B, P, h_feature, w_feature) with P = h_feature * w_feature; zero outside
            the windows.
        psa_type: Which entry of the output is a pixel's weight for p: (p, pixel) if 0, where pixels
            collect; (pixel, p) if 1, where they distribute.
        num_: Batch size B.
        h_feature: Height of the map.
        w_feature: Width of the map.
        h_mask: Height of the window.
        w_mask: Width of the window.
        half_h_mask: Rows of the window above the pixel.
        half_w_mask: Columns of the window to the left of the pixel.
    """
    places, inside = _places(input, h_mask, w_mask, half_h_mask, half_w_mask)
    spread = input.gather(1, places.expand(num_, -1, -1, -1)) * inside
    output.copy_(spread if psa_type == 0 else _exchanged(spread))


def psamask_backward(
    grad_output: Tensor,
    grad_input: Tensor,
    psa_type: int,
    num_: int,
    h_feature: int,
    w_feature: int,
    h_mask: int,
    w_mask: int,
    half_h_mask: int,
    half_w_mask: int,
) -> None:
    """Fill ``grad_input`` (B, h_mask * w_mask, h_feature, w_feature), which is zero at first."""
    places, inside = _places(grad_input, h_mask, w_mask, half_h_mask, half_w_mask)
    gradient = grad_output if psa_type == 0 else _exchanged(grad_output)
    grad_input.scatter_add_(1, places.expand(num_, -1, -1, -1), gradient * inside)


def _exchanged(spread: Tensor) -> Tensor:
    """Move entry (p, pixel) to (pixel, p) in (B, P, H, W) with P = H * W."""
    return spread.flatten(2).transpose(1, 2).reshape(spread.shape)  # B, P, P in between


def _places(
    windows: Tensor, h_mask: int, w_mask: int, half_h_mask: int, half_w_mask: int
) -> tuple[Tensor, Tensor]:
    """Find the place of each pixel p of the map in each pixel's window, and whether it has one.

    Returns:
        (P, H, W) each; the place is 0 where p is outside the window.
    """
    height, width = windows.shape[2:]
    rows = torch.arange(height, device=windows.device)
    columns = torch.arange(width, device=windows.device)
    # Position of p (first two axes) in the window of a pixel (last two).
    y = rows[:, None, None, None] - rows[:, None] + half_h_mask  # (H, 1, H, 1)
    x = columns[:, None, None] - columns + half_w_mask  # (W, 1, W)
    # (H, W, H, W) by broadcasting.
    inside = (y >= 0) & (y < h_mask) & (x >= 0) & (x < w_mask)
    places = torch.where(inside, y * w_mask + x, 0)
    return places.flatten(0, 1), inside.flatten(0, 1)  # P, H, W
