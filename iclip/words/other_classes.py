"""Other classes for a trained model that knows its own by words."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from iclip.settings import walk_settings
from iclip.words.class_embeddings import ClassEmbeddings
from iclip.words.vocabulary import embed_vocabulary, read_vocabulary
from iclip.zeroshot.loading import load_zero_shot_model

# How configs, and dumps of them, name its type.
_TYPES = ("iclip.TextClassifier", "TextClassifier")


def classes_for(
    model: Any,
    classes: str | Sequence[str],
    text_tower: str | None,
    place: str,
    *,
    option: str = "--classes",
    tower_option: str = "--text-tower",
    trained_with: str = "",
    device: str = "cpu",
) -> ClassEmbeddings:
    """Embed classes as those of a trained model are, with its templates.

    Args:
        model: The model's section of a config, plain values.
        classes: See :func:`~iclip.words.vocabulary.read_vocabulary`.
        text_tower: A model of images and texts; None: the one that the config names, if it is on
            this machine.
        place: The trained model's file, for messages.
        option: Where ``classes`` were given, for messages.
        tower_option: Where a text tower can be given, for messages.
        trained_with: Name of the text tower's file, for messages.
        device: ``cpu`` or ``cuda``.

    Raises:
        ValueError: The model's classifier is linear, words come without a text tower, or one of the
            errors of reading and embedding.
        FileNotFoundError: There is no such file.
    """
    settings = text_classifier_settings(model)
    if settings is None:
        raise ValueError(
            f"{option}: {place} has a linear classifier, which knows no classes but those of its "
            "training. One that takes other classes is trained with --classifier text (iclip "
            "finetune), or by a config whose name holds _text or _openvocab"
        )
    stated = settings.get("checkpoint")
    # Light files keep names without folders, by which a file of anybody's could be meant.
    if text_tower is None and isinstance(stated, str) and os.path.dirname(stated):
        text_tower = stated if os.path.exists(stated) else None
    found = read_vocabulary(classes, option)
    if isinstance(found, ClassEmbeddings):
        return found
    if text_tower is None:
        known = f", {trained_with}" if trained_with else ""
        raise ValueError(
            f"{option} are words, which the text tower of the pre-training embeds{known}; it is "
            f"not part of {place}. Name its checkpoint with {tower_option}, or give a file that "
            "iclip words wrote with it"
        )
    composition = {
        name: settings[name] for name in ("templates", "variant") if settings.get(name) is not None
    }
    return embed_vocabulary(load_zero_shot_model(text_tower, device), found, **composition)


def text_classifier_settings(model: Any) -> Mapping[str, Any] | None:
    """Find the settings of the first classifier by words in a model's config; None without one."""
    for _, value in walk_settings(model, "model"):
        if isinstance(value, Mapping) and value.get("type") in _TYPES:
            return value
    return None
