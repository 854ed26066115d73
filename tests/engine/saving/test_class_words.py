"""The words of a model's classes, wherever in it they are."""

from typing import Any

from torch import nn

from iclip.engine.saving.class_words import class_texts_in, describe_class_words
from iclip.text.class_texts import ClassText, ClassTexts
from iclip.words import TextClassifier
from tests.support.text_classes import random_embeddings


def detector(known: bool) -> Any:
    model = nn.Module()
    model.backbone = nn.Linear(2, 2)
    model.roi_head = nn.Module()
    model.roi_head.fc_cls = TextClassifier(2, 3, 4, background=True)
    if known:
        model.roi_head.fc_cls.set_classes(random_embeddings(["cat", "dog"], dims=4))
    return model


def test_words_of_a_head_are_found():
    texts = class_texts_in(detector(known=True))
    assert texts is not None and [text.names for text in texts] == [("cat",), ("dog",)]
    assert describe_class_words(detector(known=True)) == {
        "class_texts": [
            {"id": "c0", "names": ["cat"], "description": ""},
            {"id": "c1", "names": ["dog"], "description": ""},
        ],
        "text_tower": "tower.pth",
    }


def test_model_without_known_words_has_no_entries():
    assert describe_class_words(nn.Linear(1, 1)) == {}
    # Built from a file of weights, a classifier has embeddings and no words.
    assert describe_class_words(detector(known=False)) == {}


def test_table_of_a_method_comes_first():
    model = detector(known=True)
    model.class_texts = ClassTexts([ClassText("n1", ("crane",))])
    assert class_texts_in(model) == model.class_texts
