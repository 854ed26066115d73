"""Other classes are embedded as the model's own were, by a text tower that can be found."""

from pathlib import Path
from typing import Any

import pytest
import torch

from iclip.words import classes_for, write_class_embeddings
from iclip.zeroshot.loading import load_zero_shot_model
from tests.support.text_classes import random_embeddings


def model_of(**settings: Any) -> dict[str, Any]:
    """The model's section of a config, with a classifier by words deep in it."""
    head = {"type": "iclip.TextClassifier", "embed_dim": 16, **settings}
    return {"type": "FasterRCNN", "roi_head": {"bbox_head": [{"cls_predictor_cfg": head}]}}


def test_templates_are_those_of_the_model(micro: Path):
    model = model_of(templates=["one {}.", "art of the {}."], variant="name")
    found = classes_for(model, "red fox, bus", str(micro), "best.pth")
    tower = load_zero_shot_model(str(micro))
    sums = sum(
        tower.encode_texts([t % "red fox", t % "bus"]) for t in ("one %s.", "art of the %s.")
    )
    torch.testing.assert_close(found.embeds, torch.nn.functional.normalize(sums, dim=1))
    assert found.names == ("red fox", "bus")


@pytest.mark.parametrize("names", ["red fox, bus", ["red fox", "bus"]])
@pytest.mark.parametrize("folder", ["relative", "absolute"])
def test_text_tower_of_the_config_is_taken_where_it_is(
    names: Any, folder: str, micro: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(micro.parent.parent)
    stated = micro.relative_to(micro.parent.parent) if folder == "relative" else micro
    found = classes_for(model_of(checkpoint=str(stated)), names, None, "latest.pth")
    assert (found.names, found.text_tower) == (("red fox", "bus"), "latest.pth")


@pytest.mark.parametrize("checkpoint", [None, "latest.pth", "/nonexistent/latest.pth"])
def test_words_without_a_text_tower_are_refused(
    checkpoint: str | None, micro: Path, monkeypatch: pytest.MonkeyPatch
):
    # A file of that name in the current folder may be anybody's.
    monkeypatch.chdir(micro.parent)
    with pytest.raises(ValueError) as caught:
        classes_for(
            model_of(checkpoint=checkpoint), "fox", None, "W/best.pth", trained_with="latest.pth"
        )
    assert str(caught.value) == (
        "--classes are words, which the text tower of the pre-training embeds, latest.pth; it is "
        "not part of W/best.pth. Name its checkpoint with --text-tower, or give a file that iclip "
        "words wrote with it"
    )


def test_embeddings_need_no_text_tower(tmp_path: Path):
    write_class_embeddings(tmp_path / "w", random_embeddings(["fox", "bus"], dims=16))
    found = classes_for(model_of(), str(tmp_path / "w"), None, "best.pth")
    assert found.names == ("fox", "bus")


@pytest.mark.parametrize("model", [{"type": "FasterRCNN", "roi_head": {}}, None])
def test_linear_classifier_takes_no_other_classes(model: Any):
    with pytest.raises(ValueError, match=r"^--classes: best\.pth has a linear classifier"):
        classes_for(model, "fox, bus", None, "best.pth")
