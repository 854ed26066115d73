"""A small Swin whose every parameter matters."""

import torch

from iclip.models import SwinBackbone

SIZES = dict(embed_dims=24, depths=(2, 2, 2, 2), num_heads=(1, 2, 3, 4))


def random_backbone(**settings) -> SwinBackbone:
    torch.manual_seed(0)
    model = SwinBackbone(drop_path_rate=0.0, **settings).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model
