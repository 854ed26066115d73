"""An exported folder in open_clip: the same pixels, the same token ids, the same embeddings."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

from iclip.checkpoints import read_backbone
from iclip.datasets.transforms import ResizeCenterCrop
from iclip.export import export_checkpoint
from iclip.models import SwinBackbone
from iclip.registry import MODELS, TOKENIZERS
from iclip.zeroshot.loading import load_zero_shot_model
from tests.text.roberta_files import write_roberta_tokenizer

TEXTS = ["a photo of a Crane, large long-necked wading bird.", "two  dogs & a cat!", "zebra"]
CAUSAL = dict(type="TextTransformer", context_length=16, width=32, heads=4, layers=2)


def save_run(path: Path, text_encoder: dict[str, Any], **meta: Any) -> Any:
    """A model of Swin-T with random weights, and its checkpoint."""
    torch.manual_seed(0)
    config = dict(
        type="ICLIP",
        backbone=dict(type="SwinBackbone", arch="tiny", drop_path_rate=0.1),
        text_encoder=text_encoder,
        embed_dim=24,
        data_preprocessor=dict(type="BatchPreprocessor", mean=(120, 110, 100), std=(60, 61, 62)),
    )
    model = MODELS.build(config).eval()
    torch.save({"state_dict": model.state_dict(), "meta": {"model": config | meta}}, path)
    return model


@pytest.fixture
def photo() -> Image.Image:
    noise = np.random.default_rng(0).integers(0, 256, (20, 26, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((260, 300), Image.Resampling.BICUBIC)


def assert_same_embeddings(model: Any, folder: Path, tokenizer: Any, photo: Image.Image) -> None:
    theirs, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    theirs.eval()
    token_ids = open_clip.get_tokenizer(f"local-dir:{folder}")(TEXTS)
    assert torch.equal(token_ids, tokenizer(TEXTS))
    their_images = preprocess(photo)[None]
    encoded = io.BytesIO()
    photo.save(encoded, "png")
    pixels = ResizeCenterCrop(size=224)(encoded.getvalue())[None]
    images = model.data_preprocessor({"inputs": pixels, "token_ids": token_ids})["inputs"]
    torch.testing.assert_close(images, their_images, rtol=0, atol=1e-5)
    with torch.no_grad():
        for given, expected in (
            (theirs.encode_image(their_images, normalize=True), model.encode_image(images)),
            (theirs.encode_text(token_ids, normalize=True), model.encode_text(token_ids)),
            (theirs.logit_scale, model.logit_scale),
        ):
            torch.testing.assert_close(given, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("vocabulary", [None, [320, 1125, 2368, 49406, 49407]])
def test_causal_text_tower_has_the_same_embeddings(
    vocabulary: list[int] | None, photo: Image.Image, tmp_path: Path
):
    text_encoder = dict(CAUSAL, vocabulary=vocabulary)
    model = save_run(tmp_path / "latest.pth", text_encoder)
    manifest = export_checkpoint(tmp_path / "latest.pth", "open_clip", tmp_path / "folder")
    assert manifest["dropped"] == []
    tokenizer = TOKENIZERS.build(dict(type="CLIPTokenizer", context_length=16))
    assert_same_embeddings(model, tmp_path / "folder", tokenizer, photo)


def test_backbone_is_read_back_from_the_folder(tmp_path: Path):
    model = save_run(tmp_path / "latest.pth", CAUSAL)
    export_checkpoint(tmp_path / "latest.pth", "open_clip", tmp_path / "folder")
    file = tmp_path / "folder/open_clip_model.safetensors"
    assert read_backbone(file).layout == "open_clip"
    again = SwinBackbone(arch="tiny", checkpoint=str(file))
    again.init_weights()
    expected = model.backbone.state_dict()
    assert again.state_dict().keys() == expected.keys()
    assert all(torch.equal(again.state_dict()[name], t) for name, t in expected.items())


def test_roberta_text_tower_has_the_same_embeddings(
    photo: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write_roberta_tokenizer(tmp_path / "roberta", TEXTS)
    tokenizer_config = dict(
        type="RobertaTokenizer", name_or_path=str(tmp_path / "roberta"), context_length=12
    )
    tokenizer = TOKENIZERS.build(tokenizer_config)
    sizes = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64)
    text_encoder = dict(type="RobertaTextEncoder", vocab_size=tokenizer.vocab_size, **sizes)
    model = save_run(
        tmp_path / "latest.pth", text_encoder, class_prompts=dict(tokenizer=tokenizer_config)
    )
    manifest = export_checkpoint(tmp_path / "latest.pth", "open_clip", tmp_path / "folder")
    assert "in the parent folder" in manifest["notes"][0]
    written = "".join(file.read_text() for file in (tmp_path / "folder").glob("*.json"))
    assert str(tmp_path) not in written
    # The hub finds the text tower's config from anywhere, open_clip from the parent folder.
    ours = load_zero_shot_model(str(tmp_path / "folder"))
    expected = model.encode_text(tokenizer(TEXTS))
    torch.testing.assert_close(ours.encode_texts(TEXTS), expected, rtol=0, atol=1e-5)
    monkeypatch.chdir(tmp_path)
    assert_same_embeddings(model, tmp_path / "folder", tokenizer, photo)


@pytest.fixture
def without_config(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A checkpoint that does not hold its model's config, and the config."""
    save_run(tmp_path / "latest.pth", CAUSAL)
    content = torch.load(tmp_path / "latest.pth", weights_only=True)
    model = content["meta"].pop("model")
    torch.save(content, tmp_path / "old.pth")
    return tmp_path / "old.pth", model


def test_config_that_the_checkpoint_lacks_has_to_be_named(without_config, tmp_path: Path):
    file, model = without_config
    with pytest.raises(ValueError, match=r"old\.pth does not say .* --config"):
        export_checkpoint(file, "open_clip", tmp_path / "folder")
    export_checkpoint(file, "open_clip", tmp_path / "folder", model=model)


def test_existing_folder_is_kept(without_config, tmp_path: Path):
    file, model = without_config
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/open_clip_config.json").write_text("kept")
    with pytest.raises(FileExistsError, match=r"open_clip_config\.json is there already"):
        export_checkpoint(file, "open_clip", tmp_path / "folder", model=model)
    assert (tmp_path / "folder/open_clip_config.json").read_text() == "kept"


def test_other_text_towers_are_refused(without_config, tmp_path: Path):
    file, model = without_config
    model["text_encoder"] = dict(type="T5")
    with pytest.raises(ValueError, match=r"text_encoder\.type='T5' has no counterpart"):
        export_checkpoint(file, "open_clip", tmp_path / "folder", model=model)


def test_backbone_alone_is_refused(checkpoint: Path, tmp_path: Path):
    with pytest.raises(ValueError, match=r"has no image_projection\.weight.*two towers"):
        export_checkpoint(checkpoint, "open_clip", tmp_path / "folder")


def test_sizes_that_timm_does_not_name_are_refused(checkpoint: Path, tmp_path: Path):
    content = torch.load(checkpoint, weights_only=True)
    content["state_dict"] |= {
        "image_projection.weight": torch.ones(2, 2), "text_projection.weight": torch.ones(2, 2),
    }  # fmt: skip
    torch.save(content, checkpoint)
    with pytest.raises(ValueError, match=r"none has embed_dims=24.*--layout timm"):
        export_checkpoint(checkpoint, "open_clip", tmp_path / "folder")
