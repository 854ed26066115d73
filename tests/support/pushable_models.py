"""Small models with random weights, as they are pushed: both towers, and a classifier."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from timm.models import register_model, swin_transformer
from torch import nn

from iclip.checkpoints.model_files import write_model_file
from iclip.registry import MODELS, TOKENIZERS
from iclip.tasks import CLASSIFICATION
from tests.text.roberta_files import write_roberta_tokenizer

TEXTS = ["a photo of a Crane, large long-necked wading bird.", "two  dogs & a cat!", "zebra"]
SIDE = 224
# timm builds a Swin of any sizes, open_clip those that timm names: with `named_by_timm`, this one.
SMALL = dict(embed_dims=16, depths=(1, 1, 2, 1), num_heads=(1, 2, 4, 8))
TIMM_NAME = "swin_hub_test_patch4_window7_224"
PIXELS = dict(type="BatchPreprocessor", mean=(120, 110, 100), std=(60, 61, 62))
CAUSAL = dict(type="TextTransformer", context_length=16, width=32, heads=4, layers=2)
# What a training's machine has told its checkpoint.
SECRET = "/home/alice/secret_project"


@register_model
def swin_hub_test_patch4_window7_224(pretrained: bool = False, **settings: Any) -> nn.Module:
    """A Swin of timm's with the small sizes."""
    sizes = dict(
        embed_dim=SMALL["embed_dims"], depths=SMALL["depths"], num_heads=SMALL["num_heads"],
        patch_size=4, window_size=7,
    )  # fmt: skip
    build = swin_transformer._create_swin_transformer
    return build(TIMM_NAME, pretrained=pretrained, **(sizes | settings))


def write_two_towers(path: Path, arch: Any = SMALL, **changes: Any) -> Any:
    """Write a checkpoint of pre-training, and return its model in evaluation mode."""
    torch.manual_seed(0)
    config = (
        dict(
            type="ICLIP",
            backbone=dict(type="SwinBackbone", arch=arch, drop_path_rate=0.1),
            text_encoder=CAUSAL,
            embed_dim=24,
            data_preprocessor=PIXELS,
            class_prompts=dict(
                class_texts=f"{SECRET}/class_texts.jsonl",
                tokenizer=dict(type="CLIPTokenizer", context_length=16),
            ),
        )
        | changes
    )
    model = MODELS.build(config | {"class_prompts": None}).eval()
    meta = {
        "model": config, "image_size": SIDE, "image_resize": 256, "iter": 7, "samples_seen": 70,
        "cfg": f"work_dir = '{SECRET}/runs'\nmodel = dict(type='ICLIP', class_prompts=dict())",
        "data": {"train": {"place": SECRET}}, "experiment_name": "alice_1",
    }  # fmt: skip
    torch.save({"state_dict": model.state_dict(), "meta": meta}, path)
    return model


def write_with_roberta(folder: Path) -> tuple[Path, Any]:
    """Write a checkpoint whose text tower is a small RoBERTa with a tokenizer in a folder."""
    write_roberta_tokenizer(folder / "roberta", TEXTS)
    tokenizer = dict(
        type="RobertaTokenizer", name_or_path=str(folder / "roberta"), context_length=12
    )
    sizes = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64)
    text = dict(
        type="RobertaTextEncoder", vocab_size=TOKENIZERS.build(tokenizer).vocab_size, **sizes
    )
    path = folder / "latest.pth"
    prompts = dict(class_texts="absent.jsonl", tokenizer=tokenizer)
    return path, write_two_towers(path, text_encoder=text, class_prompts=prompts)


def write_classifier(path: Path) -> Any:
    """Write the light file of a fine-tuned classifier, and return its model."""
    torch.manual_seed(0)
    config = dict(
        type="iclip.ImageClassifier",
        backbone=dict(type="iclip.SwinBackbone", arch=SMALL, drop_path_rate=0.1),
        num_classes=3,
        data_preprocessor=PIXELS,
    )
    model = MODELS.build(config).eval()
    transform = dict(type="iclip.ResizeCenterCrop", size=SIDE, resize=256)
    write_model_file(
        path, model.state_dict(), task=CLASSIFICATION, classes=["ant", "bee", "cat"],
        config=dict(
            default_scope="iclip",
            work_dir="/home/alice",
            load_from=f"{SECRET}/runs/start.pth",
            model={**config, "backbone": config["backbone"] | {"checkpoint": f"{SECRET}/a.pth"}},
            test_dataloader=dict(dataset=dict(data_root=SECRET, image_transform=transform)),
        ),
        figures={"top1": 0.5}, trained={"iteration": 7},
    )  # fmt: skip
    return model


def images(count: int = 2) -> torch.Tensor:
    """Normalized images, (B, 3, 224, 224)."""
    return torch.randn(count, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


def image() -> Image.Image:
    """An image of noise that was made larger."""
    noise = np.random.default_rng(0).integers(0, 256, (20, 26, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((260, 300), Image.Resampling.BICUBIC)
