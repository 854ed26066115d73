"""The steps of batch normalization between which mmcv's ``MMSyncBN`` reduces over ranks.

All statistics are per channel, (C,), float32; maps are (B, C, S).
"""

from torch import Tensor


def sync_bn_forward_mean(input: Tensor, mean: Tensor) -> None:
    """Fill ``mean`` with this rank's mean."""
    mean.copy_(input.float().mean(dim=(0, 2)))  # B, C, S -> C


def sync_bn_forward_var(input: Tensor, mean: Tensor, var: Tensor) -> None:
    """Fill ``var`` with this rank's mean squared distance from the mean of all ranks."""
    # (C, 1) broadcasts with (B, C, S), here and below.
    var.copy_((input.float() - mean[:, None]).square().mean(dim=(0, 2)))


def sync_bn_forward_output(
    input: Tensor,
    mean: Tensor,
    var: Tensor,
    weight: Tensor,
    bias: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    norm: Tensor,
    std: Tensor,
    output: Tensor,
    eps: float,
    momentum: Tensor | float,
    group_size: int,
) -> None:
    """Fill ``norm`` (float32), ``std`` and ``output``, and move the running statistics.

    Args:
        input: (B, C, S)
        mean: Mean over all ranks.
        var: Biased variance over all ranks.
        weight: Factor of the normalized input.
        bias: Added to the product.
        running_mean: Moved towards ``mean``.
        running_var: Moved towards the unbiased variance.
        norm: Receives the normalized input.
        std: Receives the square root of the variance plus ``eps``.
        output: Receives the result.
        eps: Added to the variance.
        momentum: Share of the new statistics.
        group_size: Number of ranks.
    """
    std.copy_((var + eps).sqrt())
    norm.copy_((input.float() - mean[:, None]) / std[:, None])
    output.copy_(norm * weight[:, None] + bias[:, None])
    count = input.shape[0] * input.shape[2] * group_size  # values per channel on all ranks
    unbiased = var * (count / (count - 1)) if count > 1 else var
    running_mean.copy_(momentum * mean + (1 - momentum) * running_mean)
    running_var.copy_(momentum * unbiased + (1 - momentum) * running_var)


def sync_bn_backward_param(
    grad_output: Tensor, norm: Tensor, grad_weight: Tensor, grad_bias: Tensor
) -> None:
    """Fill this rank's gradients of weight and bias."""
    grad_weight.copy_((grad_output.float() * norm).sum(dim=(0, 2)))
    grad_bias.copy_(grad_output.float().sum(dim=(0, 2)))


def sync_bn_backward_data(
    grad_output: Tensor,
    weight: Tensor,
    grad_weight: Tensor,
    grad_bias: Tensor,
    norm: Tensor,
    std: Tensor,
    grad_input: Tensor,
) -> None:
    """Fill ``grad_input``, given the mean over ranks of the two other gradients."""
    # The other gradients are means over ranks of sums over this rank's values.
    count = grad_output.shape[0] * grad_output.shape[2]
    common = (grad_weight[:, None] * norm + grad_bias[:, None]) / count
    grad_input.copy_(weight[:, None] * (grad_output.float() - common) / std[:, None])
