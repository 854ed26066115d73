"""Texts by memory, precision, and what tells one model's embeddings from another's."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from iclip.zeroshot.embedding_model import ImageTextEmbedder, choose_precision
from iclip.zeroshot.loading import load_zero_shot_model
from tests.zeroshot.networks import SmallGpu, with_network


def test_texts_are_halved_until_they_fit(tiny: ImageTextEmbedder):
    model = with_network(tiny, SmallGpu(tiny.network, holds=100))
    texts = [f"photo {i}" for i in range(150)]
    embeds = model.encode_texts(texts)
    assert model.network.texts == [150, 128, 64, 64, 22]
    torch.testing.assert_close(embeds, tiny.encode_texts(texts), rtol=0, atol=1e-6)


def test_not_even_one_text_fits(tiny: ImageTextEmbedder):
    model = with_network(tiny, SmallGpu(tiny.network, holds=0))
    with pytest.raises(ValueError, match=r"memory does not hold a single text .* --device cpu"):
        model.encode_texts(["a photo."])


@pytest.mark.parametrize(
    ("asked", "device", "has_bf16", "expected"),
    [
        (None, "cpu", False, "fp32"),
        (None, "cuda", True, "bf16"),
        (None, "cuda", False, "fp32"),
        ("fp16", "cuda", False, "fp16"),
        ("bf16", "cpu", False, "bf16"),
    ],
)
def test_precision_by_default_and_as_asked(
    asked: str | None, device: str, has_bf16: bool, expected: str, monkeypatch
):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: has_bf16)
    assert choose_precision(asked, device) == expected


def test_unknown_precision_is_refused():
    with pytest.raises(ValueError, match="--precision is 'int8'; it takes one of fp32, bf16, fp16"):
        choose_precision("int8", "cpu")


def test_precision_that_the_gpu_lacks_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Tesla V100")
    with pytest.raises(ValueError, match="bf16: Tesla V100 has no bfloat16 arithmetic; take fp16"):
        choose_precision("bf16", "cuda")


def test_precision_is_the_networks(micro: Path):
    images = torch.rand(4, 3, 32, 32)
    plain = load_zero_shot_model(str(micro)).encode_images(images)
    model = load_zero_shot_model(str(micro), precision="bf16")
    with torch.autocast("cpu", torch.bfloat16), torch.inference_mode():
        expected = model.network.encode_image(images).float()
    found = model.encode_images(images)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    assert not torch.allclose(found, plain, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "change",
    [
        {"precision": "bf16"},
        {"device": "cuda"},
        {"image_size": 64},
        {"resize": 40},
        {"features": "pooled"},
    ],
    ids=str,
)
def test_each_setting_of_an_embedding_is_in_its_key(tiny: ImageTextEmbedder, change: dict):
    assert replace(tiny, **change).embedding_settings() != tiny.embedding_settings()


def test_key_follows_the_rule_for_pixels(
    tiny: ImageTextEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tiny.embedding_settings()
    monkeypatch.setattr("iclip.zeroshot.embedding_model.PIXEL_RULE", "as stored")
    assert tiny.embedding_settings() != before


def test_key_follows_the_weights(tiny: ImageTextEmbedder):
    before = tiny.fingerprint()
    with torch.no_grad():
        tiny.network.logit_scale += 1
        changed = tiny.fingerprint()
        tiny.network.logit_scale -= 1
    assert changed != before
    assert tiny.fingerprint() == before


def test_key_follows_the_layers(tiny: ImageTextEmbedder):
    class Scaled(nn.Linear):
        """The same weights, another function."""

    layer, scaled = nn.Linear(2, 2), Scaled(2, 2)
    scaled.load_state_dict(layer.state_dict())
    prints = [with_network(tiny, network).fingerprint() for network in (layer, scaled)]
    assert prints[0] != prints[1]


def test_fingerprint_is_that_of_another_process(tiny_name: str):
    """No address in memory is in the key: another load of the same file has the same."""
    first, second = (load_zero_shot_model(tiny_name).embedding_settings() for _ in range(2))
    assert first == second
    assert "0x" not in json.dumps(first)
