"""Words as texts, and as embeddings of this model's joint space or another's."""

from pathlib import Path

import pytest
import torch

from iclip.dense.words_of_model import words_of_model
from iclip.text.class_texts import ClassText, ClassTexts
from iclip.words import embed_classes
from iclip.zeroshot.loading import load_zero_shot_model
from tests.support.text_classes import random_embeddings

TEXTS = ClassTexts([ClassText("1", ("red photo",), "a thing")])


def test_texts_are_embedded_and_embeddings_of_this_space_are_taken(micro: Path) -> None:
    model = load_zero_shot_model(str(micro))
    found = words_of_model(model, TEXTS, "--words")
    assert torch.equal(found.embeds, embed_classes(model, TEXTS).embeds)
    assert words_of_model(model, found, "--words") is found


@pytest.mark.parametrize("dims", [16, 8])
def test_embeddings_of_another_space_are_refused(dims: int, micro: Path) -> None:
    model = load_zero_shot_model(str(micro))
    message = "--background: the embeddings are of another joint space than MODEL .*tower.pth puts"
    with pytest.raises(ValueError, match=message):
        words_of_model(model, random_embeddings(["a"], dims), "--background")
