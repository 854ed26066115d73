"""Models with random weights, loaded as the commands load a checkpoint of pre-training."""

import tempfile
from pathlib import Path
from typing import Any

import torch

from iclip.benchmarks.inputs.made_up import TINY_ARCH
from iclip.registry import MODELS
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.loading import load_zero_shot_model


def write_checkpoint(path: Path, arch: str | dict[str, Any] = TINY_ARCH) -> None:
    """Write a checkpoint as pre-training does, of iCLIP with a small text tower."""
    text_encoder = dict(type="TextTransformer", width=64, heads=2, layers=1)
    backbone = dict(type="SwinBackbone", arch=arch)
    config = dict(type="ICLIP", backbone=backbone, text_encoder=text_encoder, embed_dim=256)
    torch.manual_seed(0)
    weights = MODELS.build(dict(config)).state_dict()
    torch.save({"state_dict": weights, "meta": {"model": config}}, path)


def zero_shot_model(arch: str | dict[str, Any], side: int, device: str) -> ImageTextEmbedder:
    """Write a checkpoint and load it for images of ``side`` pixels."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "swin.pth"
        write_checkpoint(path, arch)
        return load_zero_shot_model(str(path), device, image_size=side)


def small_zero_shot_model() -> ImageTextEmbedder:
    """Make a small model on the CPU, to try the code of an evaluation."""
    return zero_shot_model(TINY_ARCH, 56, "cpu")
