"""The image tower of a joint space before it averages: an embedding per position of its last map.

An image embedding is the direction of ``P mean(f)`` for the normalized last map f and the
projection P. Both are linear, so ``P mean(f) = mean(P f)``: projecting each position is exact. To
take a position's vector for an embedding of its own is an approximation, which the pre-training
never asked for.
"""

from dataclasses import replace
from typing import Any, cast

import torch
from torch import Tensor, nn

from iclip.checkpoints.backbone_weights import find_backbone
from iclip.checkpoints.swin_layouts import SWIN_LAYOUTS
from iclip.models.swin.backbone import SwinBackbone
from iclip.zeroshot.embedding_model import POOLED, ImageTextEmbedder
from iclip.zeroshot.pooled_features import backbone_of_weights

# In an open_clip model with timm's trunk: the projection behind the mean.
_HEAD_PROJECTION = "visual.head.proj.weight"
# Largest difference between two computations of one image embedding in float32.
_TOLERANCE = 1e-4


class MapTower(nn.Module):
    """Embeds each position of the last map.

    Args:
        backbone: Its last map is normalized.
        projection: (D, C), without a bias.

    Attributes:
        stride: Pixels between neighboring positions.
    """

    def __init__(self, backbone: SwinBackbone, projection: Tensor) -> None:
        super().__init__()
        self.backbone = backbone
        self.projection = nn.Parameter(projection, requires_grad=False)
        # Each stage but the first halves the sides of its map.
        self.stride = backbone.patch_size << (len(backbone.layers) - 1)

    def encode_image(self, images: Tensor) -> Tensor:
        """Project the last map of images (B, 3, H, W): (B, D, h, w), not normalized."""
        features = self.backbone(images)[-1]  # B, C, h, w
        return torch.einsum("dc,bchw->bdhw", self.projection.to(features), features)


def map_model(model: ImageTextEmbedder) -> tuple[ImageTextEmbedder, MapTower]:
    """Build a model that embeds each position from one that embeds images.

    Args:
        model: A checkpoint of pre-training, or an open_clip model with timm's Swin, such as an
            export of the hub.

    Returns:
        The model, whose ``encode_images`` returns maps (B, D, h, w), and its network.

    Raises:
        ValueError: Its image tower is not a Swin that is averaged and projected without a bias.
    """
    network: Any = model.network
    backbone = getattr(network, "backbone", None)
    if isinstance(backbone, SwinBackbone) and hasattr(network, "image_projection"):
        tower = MapTower(backbone, network.image_projection.weight.detach())
    else:
        tower = _of_open_clip(model)
    tower.eval().requires_grad_(False)
    # As for a model of pooled features, nothing is normalized.
    return replace(model, network=tower, tokenizer=None, features=POOLED, _hashed=None), tower


def temperature(model: ImageTextEmbedder) -> float:
    """Return the factor of a model's cosines: the inverse temperature of its pre-training."""
    return float(cast(Any, model.network).logit_scale.exp())


def _of_open_clip(model: ImageTextEmbedder) -> MapTower:
    """Build the hub's Swin from an open_clip model's, which computes the same at every size.

    timm's own Swin decides about windows once, for the size that it was built with.
    """
    weights = model.network.state_dict()
    try:
        found = find_backbone(weights, model.name, SWIN_LAYOUTS["open_clip"].prefix.rstrip("."))
        projection = weights[_HEAD_PROJECTION]
    except (ValueError, KeyError) as error:
        raise ValueError(
            f"MODEL {model.name} has another image tower than a Swin that is averaged and then "
            "projected, and no other has a map of embeddings: take a checkpoint of pre-training, "
            "or what tools/export.py --layout open_clip wrote"
        ) from error
    backbone = backbone_of_weights(found.weights, None, model.name).to(model.device)
    tower = MapTower(backbone, projection).eval()
    _check_equal(model, tower)
    return tower


@torch.inference_mode()
def _check_equal(model: ImageTextEmbedder, tower: MapTower) -> None:
    """Compare the mean of a map with what the model itself says of an image of its own size."""
    side = model.image_size
    image = torch.linspace(-2, 2, 3 * side * side).sin().view(1, 3, side, side).to(model.device)
    own = model.network.encode_image(image)  # type: ignore[operator]
    mean = tower.encode_image(image).mean(dim=(2, 3))  # B, D, h, w -> B, D
    if not torch.allclose(mean, own, atol=_TOLERANCE * float(own.abs().max())):
        raise ValueError(
            f"MODEL {model.name}: the mean of its projected map is not its image embedding, so its "
            "image tower pools or projects in another way than the hub's Swin"
        )
