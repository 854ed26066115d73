"""Texts of ImageNet-22K's classes, from WordNet where it is there."""

import numpy as np
from timm.data import ImageNetInfo

from iclip.text.class_texts import ClassText, ClassTexts
from iclip.text.made_up_texts import made_up_classes
from iclip.text.sources.wordnet import WordNet


def imagenet_22k_texts(count: int | None = None) -> tuple[ClassTexts, str]:
    """Return texts of ImageNet-22K's classes and where they come from.

    Args:
        count: Number of classes, taken at even distances; None: all 21,841.

    Returns:
        The texts, and ``WordNet``; without WordNet made-up ones of the same lengths.
    """
    wnids = ImageNetInfo("imagenet22k").label_names()
    count = len(wnids) if count is None else count
    try:
        wordnet = WordNet()
    except FileNotFoundError:
        return made_up_classes(count), "made-up texts (tools/fetch_wordnet.py was not run)"
    places = np.arange(count) * len(wnids) // count
    texts = [wordnet.find(wnids[place]) for place in places.tolist()]
    return ClassTexts([text for text in texts if isinstance(text, ClassText)]), "WordNet"
