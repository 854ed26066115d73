"""Fixtures: a small open_clip model with random weights, a micro iCLIP's checkpoint, photos."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

from iclip.registry import MODELS
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.loading import load_zero_shot_model

TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "head_width": 32, "patch_size": 8},
    "text_cfg": {"context_length": 24, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}
MICRO = dict(
    type="ICLIP",
    backbone=dict(
        type="SwinBackbone",
        arch=dict(embed_dims=24, depths=(1, 1), num_heads=(1, 2)),
        stem="conv",
        window_size=4,
    ),
    text_encoder=dict(type="TextTransformer", context_length=24, width=32, heads=2, layers=1,
                      vocabulary="a/file/of/another/machine.json"),
    class_prompts=dict(class_texts="absent.jsonl",
                       tokenizer=dict(type="CLIPTokenizer", context_length=24)),
    embed_dim=16,
)  # fmt: skip


@pytest.fixture(scope="session")
def tiny_name(tmp_path_factory: pytest.TempPathFactory) -> str:
    """``open_clip:NAME:FILE`` of a tiny model."""
    folder = tmp_path_factory.mktemp("open_clip")
    (folder / "tiny-clip.json").write_text(json.dumps(TINY))
    open_clip.add_model_config(folder)
    torch.manual_seed(0)
    model = open_clip.create_model("tiny-clip")
    torch.save(model.state_dict(), folder / "tiny.pt")
    return f"open_clip:tiny-clip:{folder / 'tiny.pt'}"


@pytest.fixture(scope="session")
def tiny(tiny_name: str) -> ImageTextEmbedder:
    return load_zero_shot_model(tiny_name)


@pytest.fixture(scope="session")
def micro(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of pre-training whose files are on another machine."""
    torch.manual_seed(0)
    ids = [320, 1125, 2368, 49406, 49407]
    text = dict(MICRO["text_encoder"], vocabulary=ids)  # type: ignore[call-overload]
    model = MODELS.build(dict(MICRO, text_encoder=text, class_prompts=None))
    path = tmp_path_factory.mktemp("micro") / "latest.pth"
    meta: dict[str, Any] = {"model": MICRO, "image_size": 32, "image_resize": 32}
    torch.save({"state_dict": model.state_dict(), "meta": meta}, path)
    return path


@pytest.fixture
def labelled_micro(micro: Path, tmp_path: Path) -> Path:
    """The same checkpoint, which states a label of its pre-training."""
    checkpoint = torch.load(micro, weights_only=True)
    label = {"id": "n1", "names": ["red fox"], "description": "a reddish brown fox"}
    checkpoint["meta"]["class_texts"] = [label]
    torch.save(checkpoint, tmp_path / "labelled.pth")
    return tmp_path / "labelled.pth"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three classes of five photos each, in folders."""
    random = np.random.default_rng(0)
    for name in ("n1", "n2", "n3"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for i in range(5):
            pixels = random.integers(0, 256, (40, 50, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{i}.png")
    return tmp_path / "photos"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Their class texts."""
    lines = [
        {"id": "n1", "names": ["crane"], "description": "large wading bird"},
        {"id": "n2", "names": ["tench"], "description": "freshwater fish"},
        {"id": "n3", "names": ["lemon"], "description": "yellow fruit"},
    ]
    path = tmp_path / "photos.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path
