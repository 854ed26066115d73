"""A convolution that is computed at some places only; mmcv has no gradient for it.

Guided anchoring predicts with it; in training it convolves everywhere.
"""

from torch import Tensor
from torch.nn.functional import pad


def masked_im2col_forward(
    features: Tensor,
    mask_h_idx: Tensor,
    mask_w_idx: Tensor,
    data_col: Tensor,
    kernel_h: int,
    kernel_w: int,
    pad_h: int,
    pad_w: int,
) -> None:
    """Fill ``data_col`` (C * kernel_h * kernel_w, M) with the pixels under the kernel at M places.

    Args:
        features: One map, (1, C, H, W).
        mask_h_idx: Rows of the output, (M,).
        mask_w_idx: Columns of the output, (M,).
        data_col: Receives the pixels.
        kernel_h: Height of the kernel.
        kernel_w: Width of the kernel.
        pad_h: Zeros above and below.
        pad_w: Zeros to the left and right.
    """
    padded = pad(features[0], (pad_w, pad_w, pad_h, pad_h))  # C, H + 2 pad_h, W + 2 pad_w
    columns = data_col.view(len(padded), kernel_h, kernel_w, -1)  # C, kernel_h, kernel_w, M
    for i in range(kernel_h):
        for j in range(kernel_w):
            columns[:, i, j] = padded[:, mask_h_idx + i, mask_w_idx + j]


def masked_col2im_forward(
    masked_output: Tensor,
    mask_h_idx: Tensor,
    mask_w_idx: Tensor,
    output: Tensor,
    height: int,
    width: int,
    channels: int,
) -> None:
    """Put ``masked_output`` (C, M) at its places in ``output`` (1, C, height, width)."""
    output[0, :, mask_h_idx, mask_w_idx] = masked_output
