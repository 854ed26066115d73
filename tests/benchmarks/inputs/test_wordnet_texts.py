"""Real class texts where WordNet is there, and made-up ones of the same lengths elsewhere."""

import pytest
from timm.data import ImageNetInfo

from iclip.benchmarks.inputs import wordnet_texts
from iclip.benchmarks.inputs.wordnet_texts import imagenet_22k_texts
from iclip.text.class_texts import ClassText

WNIDS = ImageNetInfo("imagenet22k").label_names()


class FakeWordNet:
    def find(self, wnid: str) -> ClassText:
        return ClassText(wnid, (f"name of {wnid}",), "gloss")


def test_classes_are_taken_at_even_distances(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(wordnet_texts, "WordNet", FakeWordNet)
    texts, source = imagenet_22k_texts(3)
    assert source == "WordNet" and len(WNIDS) == 21_841
    assert texts.ids == (WNIDS[0], WNIDS[7280], WNIDS[14560])
    assert len(imagenet_22k_texts()[0]) == 21_841


def test_without_wordnet_the_texts_are_made_up_and_that_is_said(monkeypatch: pytest.MonkeyPatch):
    def absent() -> None:
        raise FileNotFoundError

    monkeypatch.setattr(wordnet_texts, "WordNet", absent)
    texts, source = imagenet_22k_texts(5)
    assert len(texts) == 5 and "made-up texts (tools/fetch_wordnet.py was not run)" in source
