"""The pooled features of a backbone, from any file that holds a Swin.

They are the average of the backbone's last map, before any projection. A linear probe measures them
(arXiv:2103.00020, appendix A.2: "the features before the linear projection to the embedding
space").
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from torch import Tensor, nn

from iclip.checkpoints import load_model_weights
from iclip.checkpoints.backbone_weights import find_backbone
from iclip.checkpoints.weight_files import read_weights
from iclip.models.data_preprocessor import BatchPreprocessor
from iclip.models.swin.arch import SwinArch
from iclip.models.swin.backbone import SwinBackbone
from iclip.zeroshot.embedding_model import POOLED, ImageTextEmbedder, Origin
from iclip.zeroshot.transform import EvaluationTransform, export_manifest, sizes_of_evaluation

# Normalization of the official, timm's and torchvision's ImageNet classifiers, in 0..255.
_IMAGENET_PIXELS: dict[str, Any] = dict(mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375))
_PREPROCESSOR = BatchPreprocessor.__name__
_MAPS_NORM = re.compile(r"norm\d")


class PooledBackbone(nn.Module):
    """A backbone as an image encoder."""

    def __init__(self, backbone: SwinBackbone) -> None:
        super().__init__()
        self.backbone = backbone

    def encode_image(self, images: Tensor) -> Tensor:
        """Average the last map of images (B, 3, H, W): features (B, C)."""
        return self.backbone.forward_pooled(images)


class ImageTower(nn.Module):
    """The image tower of an open_clip model."""

    def __init__(self, visual: nn.Module) -> None:
        super().__init__()
        self.visual = visual

    def encode_image(self, images: Tensor) -> Tensor:
        """Return the tower's output for images (B, 3, H, W): features (B, C)."""
        output = self.visual(images)
        # CoCa's tower returns its tokens as well.
        return output[0] if isinstance(output, tuple) else output


def without_projection(model: ImageTextEmbedder) -> ImageTextEmbedder:
    """Remove the projection of an open_clip model's image tower, and its text tower.

    Where the projection lies depends on the kind of tower: open_clip's own, or one from timm.
    """
    visual: Any = model.network.visual
    trunk, head = getattr(visual, "trunk", None), getattr(visual, "head", None)
    note = ""
    if getattr(visual, "proj", None) is not None:
        visual.proj = None
    elif trunk is not None and isinstance(head, nn.Sequential) and not len(head):
        trunk.reset_classifier(0)
    elif head is not None and (hasattr(head, "proj") or hasattr(head, "mlp")):
        setattr(head, "proj" if hasattr(head, "proj") else "mlp", nn.Identity())
    else:  # such as the original CLIP's ResNets, which pool and project in one layer
        note = f"{model.name} pools and projects in one layer: its embeddings are its features"
    return replace(
        model,
        network=ImageTower(visual),
        tokenizer=None,
        features=POOLED,
        origin=replace(model.origin, note=note),
        _hashed=None,
    )


def backbone_of_file(path: str, image_size: int | None, resize: int | None) -> ImageTextEmbedder:
    """Load the Swin of any file that holds one: trained here or elsewhere, with or without heads.

    A checkpoint of the hub states the image size and the normalization; the manifest beside an
    export states the size. Where nothing states them, the size is the one that fits the windows,
    and the normalization is ImageNet's.

    Args:
        path: The file, or ``FILE#key`` for one of several sets of weights in it.
        image_size: The user's --image-size.
        resize: The user's --resize.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It holds no Swin in a known layout.
    """
    file = read_weights(path)
    meta, found = file.meta, find_backbone(file.tensors, file.path, file.prefix)
    if found.is_video:
        raise ValueError(
            f"MODEL {path} is a Video Swin, whose features are of clips; the probe takes images"
        )
    weights = found.weights
    config = _model_of(meta)
    backbone = backbone_of_weights(weights, config.get("backbone"), path)
    stated = dict(meta) if config else export_manifest(file.path)
    pixels, unknown = _pixels_of(config, stated)
    note = "; ".join(filter(None, (file.choice(), unknown)))
    sizes = sizes_of_evaluation(
        {"image_size": _side_of_windows(backbone)} | {k: v for k, v in stated.items() if v},
        image_size,
        resize,
    )
    return ImageTextEmbedder(
        path,
        PooledBackbone(backbone),
        EvaluationTransform.of(*sizes, pixels),
        None,
        *sizes,
        features=POOLED,
        origin=Origin(file.path, config.get("type"), meta.get("samples_seen"), note),
    )


def _model_of(meta: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the model that a checkpoint of the hub describes; empty if it describes none."""
    # A fine-tuned model's file holds its whole config.
    whole = meta.get("config")
    of_config = whole.get("model") if isinstance(whole, Mapping) else None
    found = meta.get("model", of_config)
    return found if isinstance(found, Mapping) else {}


def _pixels_of(
    config: Mapping[str, Any], stated: Mapping[str, Any]
) -> tuple[BatchPreprocessor, str]:
    """Return how a file's images were normalized, and a note if that is not known."""
    pixels = dict(config.get("data_preprocessor") or {})
    # A detector or a segmenter has another library's preprocessor.
    is_ours = pixels.pop("type", _PREPROCESSOR).removeprefix("iclip.") == _PREPROCESSOR
    if is_ours and (config or (stated.get("source") or {}).get("layout") == "iclip"):
        return BatchPreprocessor(**pixels), ""
    return BatchPreprocessor(**_IMAGENET_PIXELS), "images are normalized as ImageNet's classifiers'"


def backbone_of_weights(weights: Mapping[str, Tensor], config: Any, path: str) -> SwinBackbone:
    """Build the network that a backbone's weights fit, and load them.

    Args:
        weights: Tensors by the names of :class:`~iclip.models.swin.backbone.SwinBackbone`.
        config: The model's ``backbone`` setting, if the file states it.
        path: What the weights are from, for messages.

    Raises:
        ValueError: The weights do not tell how many pixels a token stands for.
    """
    arch, window = SwinArch.from_weights(weights)
    projection = weights.get("patch_embed.proj.weight")
    settings = {"patch_size": projection.shape[-1]} if projection is not None else {"stem": "conv"}
    if projection is None:
        if not isinstance(config, Mapping):
            raise ValueError(
                f"MODEL {path} has a stem of convolutions, and does not say how many pixels a "
                "token stands for (meta['model']): take the checkpoint that it is from"
            )
        settings["patch_size"] = config.get("patch_size", 4)
    hidden = weights["layers.0.blocks.0.mlp.fc1.weight"].shape[0]
    backbone = SwinBackbone(
        asdict(arch),
        window_size=window,
        mlp_ratio=hidden / arch.embed_dims,
        drop_path_rate=0.0,
        **settings,
    )
    load_model_weights(backbone, _with_one_norm(weights, len(backbone.layers)))
    return backbone


def _with_one_norm(weights: Mapping[str, Tensor], stages: int) -> dict[str, Tensor]:
    """Rename the last map's norm to ``norm``, and drop the norms of the other maps.

    A detector's or segmenter's backbone has one norm per map: ``norm0`` to ``norm3``.
    """
    last = f"norm{stages - 1}."
    own = {name: tensor for name, tensor in weights.items() if not _MAPS_NORM.match(name)}
    return own | {
        f"norm.{name.removeprefix(last)}": tensor
        for name, tensor in weights.items()
        if name.startswith(last)
    }


def _side_of_windows(backbone: SwinBackbone) -> int:
    """Return the side of the image whose last map is one window: 224 pixels for 7 tokens."""
    # Each stage but the first halves the sides of its map.
    window: Any = backbone.layers[-1].blocks[0].window_size  # type: ignore[union-attr, index]
    return window * backbone.patch_size << (len(backbone.layers) - 1)
