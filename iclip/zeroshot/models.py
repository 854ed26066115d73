"""Models that embed photos and texts: an iclip checkpoint, or anything open_clip builds."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from iclip.checkpoints import load_checkpoint, load_model_weights
from iclip.registry import MODELS, TOKENIZERS

OPEN_CLIP = "open_clip:"
TEXTS_PER_BATCH = 256


@dataclass
class ZeroShotModel:
    """Photos and texts into one space.

    Attributes:
        name: As the user wrote it.
        network: Offers ``encode_image`` and ``encode_text``.
        transform: From a picture to what ``encode_image`` takes, (3, H, W).
        tokenizer: From T texts to ids (T, L).
        device: Where the network is.
        largest_batch: Images at a time that fit its memory, once more did not.
    """

    name: str
    network: nn.Module
    transform: Callable[[Image.Image], Tensor]
    tokenizer: Callable[[Sequence[str]], Tensor]
    device: str = "cpu"
    largest_batch: int | None = None
    _hashed: tuple[tuple[tuple[int, int], ...], str] | None = field(default=None, repr=False)

    @torch.inference_mode()
    def encode_images(self, images: Tensor) -> Tensor:
        """Embed transformed images (B, 3, H, W): unit rows, float32 on the CPU, (B, D)."""
        with self._autocast():
            embeds = self.network.encode_image(images.to(self.device))  # type: ignore[operator]
        return F.normalize(embeds.float(), dim=-1).cpu()

    @torch.inference_mode()
    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        """Embed texts: unit rows, float32 on the CPU, (T, D)."""
        found = []
        for start in range(0, len(texts), TEXTS_PER_BATCH):
            ids = self.tokenizer(list(texts[start : start + TEXTS_PER_BATCH])).to(self.device)
            with self._autocast():
                embeds = self.network.encode_text(ids)  # type: ignore[operator]
            found.append(F.normalize(embeds.float(), dim=-1).cpu())
        return torch.cat(found)

    def fingerprint(self) -> str:
        """Tell these weights and this transform from others; hashed anew only if they changed."""
        state = self.network.state_dict()
        versions = tuple((t.data_ptr(), t._version) for t in state.values())
        if self._hashed is None or self._hashed[0] != versions:
            digest = hashlib.blake2b(repr(self.transform).encode(), digest_size=16)
            for name, tensor in state.items():
                digest.update(name.encode())
                digest.update(tensor.cpu().contiguous().view(-1).view(torch.uint8).numpy())
            self._hashed = versions, digest.hexdigest()
        return self._hashed[1]

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device, torch.bfloat16, enabled=self.device == "cuda")


def load_zero_shot_model(
    name: str, device: str = "cpu", image_size: int | None = None
) -> ZeroShotModel:
    """Load a model by what the user calls it.

    Args:
        name: A checkpoint of pre-training; a folder that ``tools/export.py --layout open_clip``
            wrote; ``open_clip:NAME``, ``open_clip:NAME:TAG`` or ``open_clip:NAME:FILE``.
        device: ``cpu`` or ``cuda``.
        image_size: Side of the images in pixels, where it is not the model's own.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It has no text tower or one that does not fit its tokenizer, does not say how it
            was built, or open_clip has no such model.
    """
    if name.startswith(OPEN_CLIP):
        model = _from_open_clip(name, *name.removeprefix(OPEN_CLIP).split(":", 1))
    elif Path(name).is_dir():
        model = _from_open_clip(name, f"local-dir:{Path(name).resolve()}")
    else:
        model = _from_checkpoint(name, image_size)
    model.network.eval().requires_grad_(False).to(device)
    model.device = device
    _check_tokenizer(model)
    return model


def _check_tokenizer(model: ZeroShotModel) -> None:
    """Encode a text, which fails where ids or their number are more than the tower has rows for."""
    ids = model.tokenizer(["a photo."])
    try:
        model.encode_texts(["a photo."])
    except (IndexError, RuntimeError) as error:
        raise ValueError(
            f"MODEL {model.name}: its tokenizer does not fit its text tower, which cannot encode "
            f"{ids.shape[1]} ids up to {int(ids.max())}: {error}"
        ) from error


def _from_open_clip(given: str, name: str, weights: str | None = None) -> ZeroShotModel:
    try:
        network, _, transform = open_clip.create_model_and_transforms(name, pretrained=weights)
        tokenizer = open_clip.get_tokenizer(name)
    except (RuntimeError, FileNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"MODEL {given}: open_clip cannot build it: {error}") from error
    return ZeroShotModel(given, network, transform, tokenizer)


def _from_checkpoint(path: str, image_size: int | None) -> ZeroShotModel:
    checkpoint = load_checkpoint(path)
    meta, weights = checkpoint["meta"], checkpoint["state_dict"]
    if not isinstance(meta.get("model"), Mapping):
        raise ValueError(
            f"MODEL {path} does not say how it was built (meta['model']); it is of an older "
            "version. Export it with tools/export.py --layout open_clip --config CONFIG"
        )
    if "text_projection.weight" not in weights:
        raise ValueError(
            f"MODEL {path} ({meta['model'].get('type')}) has no text tower, which "
            "the joint space of images and texts needs"
        )
    config = _without_files(dict(meta["model"]), weights)
    network = MODELS.build(config)
    load_model_weights(network, weights)
    prompts = meta["model"].get("class_prompts") or {}
    tokenizer = TOKENIZERS.build(prompts.get("tokenizer") or dict(type="CLIPTokenizer"))
    pixels = network.data_preprocessor
    size = image_size or meta.get("image_size") or 224
    mean, std = ((part.flatten() / 255).tolist() for part in (pixels.mean, pixels.std))
    transform = image_transform_v2(PreprocessCfg(size=size, mean=mean, std=std), is_train=False)
    return ZeroShotModel(path, network, transform, tokenizer)


def _without_files(config: dict[str, Any], weights: Mapping[str, Tensor]) -> dict[str, Any]:
    """A model's config without the files of the machine it was trained on."""
    config["class_prompts"] = None
    text_encoder = dict(config["text_encoder"])
    if text_encoder.get("vocabulary") is not None:
        text_encoder["vocabulary"] = weights["text_encoder.bpe_ids"].tolist()
    if "name_or_path" in text_encoder:
        text_encoder["name_or_path"] = None
    return config | {"text_encoder": text_encoder}
