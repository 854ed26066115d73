"""A small Swin whose every parameter matters."""

from pathlib import Path

import torch

from iclip.models import SwinBackbone

SIZES = dict(embed_dims=24, depths=(2, 2, 2, 2), num_heads=(1, 2, 3, 4))


def random_backbone(std: float = 0.2, **settings) -> SwinBackbone:
    torch.manual_seed(0)
    model = SwinBackbone(drop_path_rate=0.0, **settings).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=std)
    return model


def save_random_backbone(path: Path, **settings) -> SwinBackbone:
    """Save the weights of a backbone whose maps stay small; return the backbone."""
    model = random_backbone(std=0.1, **settings)
    torch.save(model.state_dict(), path)
    return model
