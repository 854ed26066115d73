"""Small Swins whose every weight matters, their inputs and their gradients."""

from typing import Any

import torch
from torch import Tensor, nn

from iclip.models.swin.backbone import SwinBackbone

SMALL = dict(embed_dims=8, depths=(2, 2, 2), num_heads=(1, 2, 4))


def small_swin(**settings: Any) -> SwinBackbone:
    settings = dict(arch=SMALL, patch_size=2, window_size=4, drop_path_rate=0.0) | settings
    torch.manual_seed(0)
    model = SwinBackbone(**settings)
    make_weights_count(model)
    return model.eval()


def make_weights_count(model: nn.Module) -> None:
    """Weights at which every bias, position and masked pair changes the result."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("table"):
                parameter.normal_()
            elif parameter.ndim > 1:
                parameter.normal_(std=parameter[0].numel() ** -0.5)
            else:
                parameter.add_(torch.randn_like(parameter), alpha=0.3)


def images(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=dtype)


def gradients(model: nn.Module, output: Tensor) -> dict[str, Tensor]:
    """Gradients of a random weighting of the output."""
    model.zero_grad()
    (output * images(*output.shape, dtype=output.dtype)).sum().backward()
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
