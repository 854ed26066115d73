"""The class texts that a model was built with, wherever in it they are."""

from collections.abc import Iterator
from typing import Any

from torch import nn

from iclip.engine.unwrap_model import unwrap
from iclip.text.class_texts import ClassTexts, plain_class_texts


def class_texts_in(model: nn.Module) -> ClassTexts | None:
    """Return a method's class table, or that of the first classifier by words; None without one."""
    own: ClassTexts | None = getattr(unwrap(model), "class_texts", None)
    return own if own is not None else next((part.texts for part in _by_words(model)), None)


def describe_class_words(model: nn.Module) -> dict[str, Any]:
    """Describe a model's classes as plain values.

    Returns:
        ``class_texts``, if the model has a table, and ``text_tower``, the name of the file by whose
        text tower a classifier by words has them embedded.
    """
    texts = class_texts_in(model)
    if texts is None:
        return {}
    towers = [part.text_tower for part in _by_words(model)]
    stated = {"text_tower": towers[0]} if towers else {}
    return {"class_texts": plain_class_texts(texts), **stated}


def _by_words(model: nn.Module) -> Iterator[Any]:
    """Yield the classifiers by words that know their words (`iclip.words.TextClassifier`)."""
    for part in unwrap(model).modules():
        if hasattr(part, "text_tower") and part.texts is not None:
            yield part
