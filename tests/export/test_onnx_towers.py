"""What becomes an ONNX file: the network's own outputs from pixels and token ids."""

from pathlib import Path

import pytest
import torch

from iclip.checkpoints import load_checkpoint
from iclip.export.onnx_towers import build_network, towers_of
from tests.support.pushable_models import write_classifier, write_two_towers, write_with_roberta


def network(path: Path):
    content = load_checkpoint(path)
    meta = content["meta"]
    config = meta.get("model") or meta["config"]["model"]
    return build_network(config, content["state_dict"], path)


@torch.no_grad()
def test_towers_give_the_models_embeddings(tmp_path: Path):
    model = write_two_towers(tmp_path / "latest.pth")
    image, text = towers_of(network(tmp_path / "latest.pth"), 224)
    inputs = model.data_preprocessor({"inputs": image.example})["inputs"]
    torch.testing.assert_close(image.module(image.example), model.encode_image(inputs))
    torch.testing.assert_close(text.module(text.example), model.encode_text(text.example))
    assert image.example.dtype == torch.uint8 and text.example.shape == (3, 16)


@torch.no_grad()
def test_small_vocabulary_has_the_same_rows(tmp_path: Path):
    text_encoder = dict(
        type="TextTransformer", context_length=16, width=32, heads=4, layers=1,
        vocabulary=[320, 1125, 2368, 49406, 49407],
    )  # fmt: skip
    model = write_two_towers(tmp_path / "latest.pth", text_encoder=text_encoder)
    text = towers_of(network(tmp_path / "latest.pth"), 224)[1]
    torch.testing.assert_close(text.module(text.example), model.encode_text(text.example))


@torch.no_grad()
def test_roberta_takes_its_own_padding(tmp_path: Path):
    path, model = write_with_roberta(tmp_path)
    text = towers_of(network(path), 224, 12)[1]
    assert text.example.shape == (3, 12) and (text.example[0] == model.text_encoder.pad_id).any()
    torch.testing.assert_close(text.module(text.example), model.encode_text(text.example))


@torch.no_grad()
def test_classifier_gives_logits(tmp_path: Path):
    model = write_classifier(tmp_path / "best.pth")
    (tower,) = towers_of(network(tmp_path / "best.pth"), 224)
    shares = tower.module(tower.example).softmax(1)
    torch.testing.assert_close(shares, model.classify(tower.example))


def test_other_networks_are_refused():
    with pytest.raises(ValueError, match="Linear has neither a text tower nor a classifier"):
        towers_of(torch.nn.Linear(1, 1), 224)


def test_types_of_others_are_refused():
    with pytest.raises(ValueError, match=r"x\.pth: model.*os\.system"):
        build_network({"type": "os.system", "backbone": {}}, {}, "x.pth")
