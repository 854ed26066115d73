"""The stem, which turns an image into Swin's first map."""

import torch.nn.functional as F
from timm.layers import PatchEmbed
from torch import Tensor, nn

LAYERS = 4


class ConvStem(nn.Module):
    """Four 3 x 3 convolutions in place of the patch projection (after arXiv:2106.14881).

    With a plain patch projection, a small model needs several times as many samples until it
    learns at all. Batch norm and GELU follow each convolution. The first log2(``patch_size``)
    convolutions have stride 2; the last two have ``embed_dim`` channels, those before them half as
    many. For video, the kernels get a temporal size of 1.

    Args:
        patch_size: Height and width of a token in pixels: 1, 2, 4, 8 or 16.
        in_channels: Channels of the images.
        embed_dim: Channels of the map, even.

    Raises:
        ValueError: ``patch_size`` is another number.
    """

    def __init__(self, patch_size: int, in_channels: int, embed_dim: int) -> None:
        super().__init__()
        halvings = patch_size.bit_length() - 1  # log2 of a power of two, rounded down otherwise
        if patch_size != 1 << halvings or halvings > LAYERS:
            raise ValueError(
                f"patch_size={patch_size} with stem='conv': its {LAYERS} layers reach 1, 2, 4, 8 "
                "or 16; take one of these, or stem='patch'"
            )
        self.patch_size = patch_size
        channels = [in_channels, embed_dim // 2, embed_dim // 2, embed_dim, embed_dim]
        self.convs = nn.Sequential()
        for i in range(LAYERS):
            stride = 2 if i < halvings else 1
            # Without a bias, since the batch norm behind it has one.
            conv = nn.Conv2d(channels[i], channels[i + 1], 3, stride, padding=1, bias=False)
            self.convs.extend([conv, nn.BatchNorm2d(channels[i + 1]), nn.GELU()])
        self.norm = nn.LayerNorm(embed_dim)

    def forward(self, images: Tensor) -> Tensor:
        """Map (B, in_channels, H, W) to (B, H', W', embed_dim), see :func:`build_stem`."""
        height, width = images.shape[-2:]
        # To multiples of the patch size; F.pad takes (left, right, top, bottom).
        images = F.pad(images, (0, -width % self.patch_size, 0, -height % self.patch_size))
        return self.norm(self.convs(images).permute(0, 2, 3, 1))  # B, C, H', W' -> B, H', W', C


def build_stem(stem: str, patch_size: int, in_channels: int, embed_dim: int) -> nn.Module:
    """Build a stem, which maps (B, in_channels, H, W) to (B, H', W', embed_dim).

    H' and W' are H and W over ``patch_size``, rounded up: images are padded with zeros at the
    bottom and at the right, as in the original detection code.

    Args:
        stem: ``'patch'``, timm's linear projection, or ``'conv'``, :class:`ConvStem`.
        patch_size: Height and width of a token in pixels.
        in_channels: Channels of the images.
        embed_dim: Channels of the map.

    Raises:
        ValueError: The stem is unknown, or cannot have this patch size.
    """
    if stem == "conv":
        return ConvStem(patch_size, in_channels, embed_dim)
    if stem == "patch":
        return PatchEmbed(
            img_size=None,  # any size
            patch_size=patch_size,
            in_chans=in_channels,
            embed_dim=embed_dim,
            norm_layer=nn.LayerNorm,
            output_fmt="NHWC",
            dynamic_img_pad=True,
        )
    raise ValueError(f"stem={stem!r} is unknown; take 'patch' or 'conv'")
