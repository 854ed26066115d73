"""The model card: metadata that the hub takes, and nothing but what was recorded."""

from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import ModelCard, ModelCardData

from iclip.hub.card_words import BY_WORDS, INTENDED, PIPELINES, WHAT
from iclip.hub.libraries import LibraryFiles
from iclip.hub.model_card import Card, model_card
from iclip.hub.pushed_model import read_pushed_model
from iclip.tasks import TRANSFERS
from tests.hub.conftest import Written
from tests.support.classifier_by_words import write_classifier_by_words


def test_hubs_own_class_reads_the_card(towers: Written):
    card = ModelCard.load(towers.folder / "README.md")
    assert card.data.license == "mit" and card.data.library_name == "iclip"
    assert card.data.pipeline_tag == "zero-shot-image-classification"
    assert {"timm", "open_clip", "swin"} <= set(card.data.tags)


def test_card_says_what_was_measured_and_how(towers: Written):
    text = (towers.folder / "README.md").read_text()
    row = (
        "| imagenet1k/top1 | 71.25 | 50,000 of 50,000 images | zeroshot.json | protocol imagenet1k"
    )
    assert row in text
    for words in (
        "# swin", "- samples seen in pre-training: 70", "timm.create_model('hf-hub:org/swin'",
        "open_clip.create_model_from_pretrained('hf-hub:org/swin')", "## Intended use", "## Limits",
        "`mit`, as stated by whoever pushed these weights",
    ):  # fmt: skip
        assert words in text


def test_card_without_figures_and_license_says_so(classifier: Written):
    text = (classifier.folder / "README.md").read_text()
    assert "Nothing was measured on these weights" in text
    assert "has stated no license" in text
    assert "3 classes: ant, bee, cat" in text and "open_clip cannot load it" in text
    assert "timm.create_model('local-dir:DIR'" in text


def test_data_and_scores_of_other_weights_are_said(towers: Written):
    data = [
        {"place": "train.pairs", "reader": "ImageTextPairs", "path": "/srv/secret/pairs",
         "counts": {"pairs": 24000}, "left_out": [{"what": "texts", "count": 3, "example": "/x"}]},
        {"place": "val.0", "reader": "LabelledImages", "path": "val", "counts": {}},
    ]  # fmt: skip
    card = Card("x", data=data, left_out=["validation is of iteration 8"], about="About it.")
    text = model_card(towers.pushed, card, towers.libraries, None)
    assert "- train.pairs: 24,000 pairs (ImageTextPairs, `pairs`)\n  - left out: 3 texts" in text
    assert "val.0" not in text and "secret" not in text
    assert "Not shown: validation is of iteration 8." in text and "About it." in text


@pytest.mark.parametrize("task", TRANSFERS)
def test_every_task_has_its_words(classifier: Written, task: str):
    model = replace(classifier.pushed, task=task)
    text = model_card(
        model, Card("x"), LibraryFiles(reasons={"timm": "w", "open_clip": "w"}), "a/b"
    )
    assert WHAT[task] in text and INTENDED[task] in text
    assert f"pipeline_tag: {PIPELINES[task]}" in text and "iclip.load_model('hf-hub:a/b')" in text


def test_classifier_by_words_and_its_start_are_said(tmp_path: Path):
    pushed = read_pushed_model(write_classifier_by_words(tmp_path / "best.pth"))
    config = {**pushed.meta["config"], "load_from": "hf-hub:org/start@v1"}
    pushed = replace(pushed, meta={**pushed.meta, "config": config})
    text = model_card(pushed, Card("x"), LibraryFiles(), "a/b")
    assert BY_WORDS in text and "- started from: hf-hub:org/start@v1" in text
    assert "model.with_classes('red fox, school bus', text_tower='tower.pth')" in text
    (tmp_path / "README.md").write_text(text)
    data = ModelCard.load(tmp_path / "README.md").data
    assert isinstance(data, ModelCardData) and data.base_model == "org/start"
