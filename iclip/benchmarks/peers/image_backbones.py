"""timm's and mmdet's own Swin for images, to measure beside the hub's."""

import timm
from torch import Tensor, nn

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.models.swin.arch import SwinArch


def timm_swin(arch: SwinArch, side: int) -> nn.Module:
    """Build timm's Swin from images of ``side`` pixels to pooled features (B, C)."""
    return timm.create_model(
        "swin_base_patch4_window7_224",
        img_size=side,
        embed_dim=arch.embed_dims,
        depths=arch.depths,
        num_heads=arch.num_heads,
        num_classes=0,  # no classifier
        drop_path_rate=0.0,
    )


def mmdet_swin(arch: SwinArch) -> nn.Module:
    """Build mmdet's Swin from images to its last map's average, (B, C)."""
    from mmdet.models.backbones.swin import SwinTransformer

    last = len(arch.depths) - 1
    return _Pooled(
        SwinTransformer(
            embed_dims=arch.embed_dims,
            depths=arch.depths,
            num_heads=arch.num_heads,
            strides=(4, *(2 for _ in range(last))),
            out_indices=(last,),
            drop_path_rate=0.0,
        )
    )


class _Pooled(nn.Module):
    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, images: Tensor) -> Tensor:
        return self.backbone(images)[0].mean(dim=(2, 3))  # B, C, H, W -> B, C
