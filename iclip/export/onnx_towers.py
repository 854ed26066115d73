"""Towers and classifiers as modules that ONNX can hold, and what tells that a graph equals them.

Images come as their pixels, uint8 in RGB: the normalization is part of the graph. Swin's windows
and masks follow from the size of the images, which is therefore fixed; the batch size is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from iclip.checkpoints import load_model_weights
from iclip.models import RobertaTextEncoder, TextTransformer
from iclip.models.config_without_files import without_files
from iclip.models.text_towers.transformer import CLIP_VOCAB_SIZE
from iclip.registry import MODELS, check_types

CONTEXT_LENGTH = 77  # of a RoBERTa whose tokenizer's config states none


@dataclass(frozen=True)
class OnnxModel:
    """A module that becomes a file.

    Attributes:
        name: The file's name without its suffix.
        module: Maps one tensor to one tensor.
        input: Name of what it takes.
        output: Name of what it gives.
        example: A batch of 3 of what it takes.
        meaning: Input and output in words.
    """

    name: str
    module: nn.Module
    input: str
    output: str
    example: Tensor
    meaning: str


class ImageTower(nn.Module):
    """From pixels, uint8 (B, 3, S, S), to what a head makes of the pooled features."""

    def __init__(self, model: Any, head: nn.Module) -> None:
        super().__init__()
        self.backbone, self.head = model.backbone, head
        self.register_buffer("mean", model.data_preprocessor.mean.float())
        self.register_buffer("std", model.data_preprocessor.std.float())

    def forward(self, pixels: Tensor) -> Tensor:
        """Normalize, encode and apply the head: (B, D) or (B, N)."""
        inputs = (pixels.float() - self.mean) / self.std
        return self.head(self.backbone.forward_pooled(inputs))


class TextTower(nn.Module):
    """From token ids, int64 (T, L), to unit rows of the joint space, (T, D)."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.encoder, self.projection = model.text_encoder, model.text_projection
        # A tower with a small vocabulary searches for an id's row, for which ONNX has no operator.
        has_small_table = getattr(self.encoder, "bpe_ids", None) is not None
        rows = self.encoder.table_rows(torch.arange(CLIP_VOCAB_SIZE)) if has_small_table else None
        self.register_buffer("rows", rows)

    def forward(self, token_ids: Tensor) -> Tensor:
        """Encode, project and normalize."""
        if self.rows is None:
            encoded = self.encoder(token_ids)
        else:
            encoded = self.encoder(token_ids, self.encoder.token_embedding(self.rows[token_ids]))
        return F.normalize(self.projection(encoded), dim=-1)


class _ToJointSpace(nn.Module):
    def __init__(self, projection: nn.Module) -> None:
        super().__init__()
        self.projection = projection

    def forward(self, features: Tensor) -> Tensor:
        return F.normalize(self.projection(features), dim=-1)


def build_network(config: Mapping[str, Any], weights: Mapping[str, Tensor], place: object) -> Any:
    """Build the network that a checkpoint describes, in evaluation mode, with its weights.

    Args:
        config: The ``model`` section of its config.
        weights: Its tensors by name.
        place: Where it was read, for messages.

    Raises:
        ValueError: It names types of others than the hub, or the weights do not fit.
    """
    check_types(config, f"{place}: model")
    settings = {**config, "backbone": {**config["backbone"], "checkpoint": None}}
    if "class_prompts" in settings:
        settings["class_prompts"] = None
    if isinstance(settings.get("classifier"), Mapping):  # by words, which its weights hold
        files = dict.fromkeys(("checkpoint", "class_texts", "class_embeddings"))
        settings["classifier"] = {**settings["classifier"], **files}
    network = MODELS.build(without_files(settings, weights))
    load_model_weights(network, weights)
    return network.eval().requires_grad_(False)


def towers_of(network: Any, image_size: int, context_length: int | None = None) -> list[OnnxModel]:
    """Return what is exported of a network of the hub.

    Args:
        network: Two towers, or a classifier, in evaluation mode.
        image_size: Side of its images in pixels.
        context_length: Tokens of a text, padding included, where the text tower does not say it.

    Raises:
        ValueError: It is neither.
    """
    generator = torch.Generator().manual_seed(0)
    shape = (3, 3, image_size, image_size)
    pixels = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)
    of_images = f"uint8 (batch, 3, {image_size}, {image_size}), RGB in 0..255"
    if hasattr(network, "text_projection"):
        tower = ImageTower(network, _ToJointSpace(network.image_projection))
        ids = _token_ids(network.text_encoder, context_length or CONTEXT_LENGTH, generator)
        of_texts = f"int64 (batch, {ids.shape[1]}), token ids, padded"
        unit = "float32 (batch, D), unit rows of the joint space"
        return [
            OnnxModel("image_tower", tower, "pixels", "image_embeds", pixels,
                      f"{of_images} -> {unit}"),
            OnnxModel("text_tower", TextTower(network), "token_ids", "text_embeds", ids,
                      f"{of_texts} -> {unit}"),
        ]  # fmt: skip
    if hasattr(network, "classifier"):
        classifier = ImageTower(network, network.classifier)
        return [
            OnnxModel("classifier", classifier, "pixels", "logits", pixels,
                      f"{of_images} -> float32 (batch, classes), logits")
        ]  # fmt: skip
    raise ValueError(
        f"{type(network).__name__} has neither a text tower nor a classifier; --layout onnx takes "
        "a checkpoint of pre-training with both towers, or a fine-tuned classifier of images"
    )


def _token_ids(encoder: nn.Module, context_length: int, generator: torch.Generator) -> Tensor:
    """Make up texts of different lengths, as the tower's tokenizer would encode them."""
    if isinstance(encoder, TextTransformer):
        length, vocabulary = len(encoder.positional_embedding), CLIP_VOCAB_SIZE
        start, end, pad = vocabulary - 2, vocabulary - 1, 0
    else:
        assert isinstance(encoder, RobertaTextEncoder), type(encoder)
        length, vocabulary = context_length, encoder.roberta.config.vocab_size
        start, end, pad = 0, 2, encoder.pad_id
    ids = torch.full((3, length), pad, dtype=torch.int64)
    for row, tokens in zip(ids, (1, length // 2, length - 2), strict=True):
        row[0], row[tokens + 1] = start, end
        row[1 : tokens + 1] = torch.randint(3, vocabulary - 2, (tokens,), generator=generator)
    return ids
