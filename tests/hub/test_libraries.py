"""A pushed folder in timm, open_clip and transformers: their own loaders, equal to 1e-6."""

import json
from pathlib import Path

import open_clip
import pytest
import timm
import torch
import transformers

from iclip.hub.folder import write_folder
from iclip.hub.libraries import image_sizes
from iclip.hub.model_card import Card
from iclip.hub.pushed_model import read_pushed_model
from tests.hub.conftest import Written
from tests.support.pushable_models import TEXTS, images, write_two_towers, write_with_roberta


def assert_equal(given: torch.Tensor, expected: torch.Tensor) -> None:
    torch.testing.assert_close(given, expected, rtol=0, atol=1e-6)


@torch.no_grad()
def test_timm_loads_the_image_tower(towers: Written):
    tower = timm.create_model(f"local-dir:{towers.folder}", pretrained=True).eval()
    assert_equal(tower(images()), towers.network.encode_features(images()))
    pixels = timm.data.resolve_model_data_config(tower)
    assert pixels["mean"] == pytest.approx((120 / 255, 110 / 255, 100 / 255))
    assert pixels["crop_pct"] == 224 / 256 and pixels["input_size"] == (3, 224, 224)


@torch.no_grad()
def test_open_clip_loads_both_towers(towers: Written):
    name = f"local-dir:{towers.folder}"
    model, preprocess = open_clip.create_model_from_pretrained(name)
    model.eval()
    ids = open_clip.get_tokenizer(name)(TEXTS)
    assert_equal(
        model.encode_image(images(), normalize=True), towers.network.encode_image(images())
    )
    assert_equal(model.encode_text(ids, normalize=True), towers.network.encode_text(ids))
    assert_equal(model.logit_scale, towers.network.logit_scale)
    assert preprocess.transforms[-1].std == pytest.approx([60 / 255, 61 / 255, 62 / 255])


@torch.no_grad()
def test_transformers_loads_what_timm_loads(towers: Written):
    tower = transformers.AutoModel.from_pretrained(towers.folder).eval()
    expected = towers.network.encode_features(images())
    assert_equal(tower(images()).pooler_output, expected)
    transform = transformers.AutoImageProcessor.from_pretrained(towers.folder)
    assert transform.data_config["mean"] == pytest.approx((120 / 255, 110 / 255, 100 / 255))


@torch.no_grad()
def test_classifier_gives_its_logits_in_timm_and_transformers(classifier: Written):
    network = classifier.network
    expected = network.classifier(network.encode_features(images()))
    model = timm.create_model(f"local-dir:{classifier.folder}", pretrained=True).eval()
    assert_equal(model(images()), expected)
    theirs = transformers.AutoModelForImageClassification.from_pretrained(classifier.folder).eval()
    assert_equal(theirs(images()).logits, expected)
    assert theirs.config.id2label == {0: "ant", 1: "bee", 2: "cat"}
    assert classifier.libraries.reasons == {"open_clip": "there is no text tower"}


@torch.no_grad()
def test_one_config_serves_timm_and_transformers_roberta(
    with_roberta: Written, monkeypatch: pytest.MonkeyPatch
):
    folder, network = with_roberta.folder, with_roberta.network
    config = transformers.AutoConfig.from_pretrained(folder)
    assert (config.model_type, config.hidden_size) == ("roberta", 32)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    assert len(tokenizer) == network.text_encoder.roberta.config.vocab_size
    tower = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    assert_equal(tower(images()), network.encode_features(images()))
    # open_clip finds the text tower's config from the folder's parent.
    monkeypatch.chdir(folder.parent)
    model = open_clip.create_model(f"local-dir:{folder.name}").eval()
    ids = open_clip.get_tokenizer(f"local-dir:{folder.name}")(TEXTS)
    assert_equal(model.encode_text(ids, normalize=True), network.encode_text(ids))


@pytest.mark.usefixtures("named_by_timm")
def test_open_clip_asks_for_a_text_tower_by_the_repository(tmp_path: Path):
    path, _ = write_with_roberta(tmp_path)
    write_folder(read_pushed_model(path), tmp_path / "out", Card("roberta"), "org/roberta")
    text = json.loads((tmp_path / "out/open_clip_config.json").read_text())["model_cfg"]["text_cfg"]
    assert text["hf_model_name"] == text["hf_tokenizer_name"] == "org/roberta"


def test_sizes_that_timm_does_not_name_are_for_timm_alone(tmp_path: Path):
    network = write_two_towers(tmp_path / "latest.pth")
    libraries = write_folder(read_pushed_model(tmp_path), tmp_path / "out", Card("small"))
    assert "none has embed_dims=16" in libraries.reasons["open_clip"]
    tower = timm.create_model(f"local-dir:{tmp_path / 'out'}", pretrained=True).eval()
    with torch.no_grad():
        assert_equal(tower(images()), network.encode_features(images()))


def test_stem_of_the_hub_alone_is_said(tmp_path: Path):
    arch = dict(embed_dims=24, depths=(1, 1), num_heads=(1, 2))
    backbone = dict(type="SwinBackbone", arch=arch, stem="conv", window_size=4)
    write_two_towers(tmp_path / "latest.pth", backbone=backbone)
    libraries = write_folder(read_pushed_model(tmp_path), tmp_path / "out", Card("micro"))
    assert set(libraries.reasons) == {"timm", "open_clip"}
    assert "the stem is convolutional" in (tmp_path / "out/README.md").read_text()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "README.md", "config.json", "iclip.safetensors"
    ]  # fmt: skip


def test_size_before_the_cut_is_the_crops_where_nothing_states_it(towers: Written):
    assert image_sizes(towers.pushed) == (224, 256)
