"""The class texts of ImageNet-22K, from the WordNet ids that timm ships."""

from functools import lru_cache
from pathlib import Path

import timm.data

from iclip.text.class_texts import ClassText, ClassTexts
from iclip.text.sources.wordnet import WordNet

_FILE = Path(timm.data.__file__).parent / "_info" / "imagenet22k_synsets.txt"
IMAGENET22K_WNIDS = _FILE.read_text(encoding="utf-8").split()


@lru_cache(maxsize=1)
def imagenet22k_class_texts(wordnet: WordNet) -> ClassTexts:
    """Return all 21,841 class texts."""
    found = map(wordnet.find, IMAGENET22K_WNIDS)
    return ClassTexts(text for text in found if isinstance(text, ClassText))
