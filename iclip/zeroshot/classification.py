"""Zero-shot classification of a data set, from its images' embeddings."""

from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Any

import torch
from torch import Tensor

from iclip.evaluation.finite import check_finite
from iclip.evaluation.template_average import average_templates
from iclip.results import unread_images
from iclip.text.class_texts import ClassTexts
from iclip.text.prompts import compose, select_templates
from iclip.zeroshot.cached_embeddings import EmbeddedSet
from iclip.zeroshot.classification_sets import ImageSet, present_classes
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.metrics import METRICS, confusion, undecided

# Larger confusions would dominate the file.
MOST_CLASSES_OF_A_CONFUSION = 200


def class_weights(
    model: ImageTextEmbedder, class_texts: ClassTexts, templates: Sequence[str], variant: str
) -> Tensor:
    """Average each class's unit embeddings over the templates: unit rows, (C, D).

    Args:
        model: Its text tower is used.
        class_texts: The classes.
        templates: With ``{}`` for the name.
        variant: See :func:`iclip.text.prompts.compose`.

    Raises:
        ValueError: A template is malformed, or embeddings are not finite.
    """
    texts = [
        [compose(text, template, variant) for text in class_texts]
        for template in select_templates(templates)
    ]
    weights = average_templates(map(model.encode_texts, texts))
    # One template's NaN is the average's.
    names = class_texts.ids
    check_finite(weights, "text embeddings of the classes", lambda row: names[row])
    return weights


def evaluate_set(
    model: ImageTextEmbedder,
    images: ImageSet,
    embedded: EmbeddedSet,
    variant: str = "name_description",
) -> dict[str, Any]:
    """Classify a data set.

    Args:
        model: Its text tower is used.
        images: The data set.
        embedded: Its images' embeddings by this model.
        variant: See :func:`iclip.text.prompts.compose`.

    Returns:
        The data set's entry of a result file: figure, what was read of how many, and how.

    Raises:
        ValueError: Embeddings of texts are not finite, or a template is malformed.
    """
    weights = class_weights(model, images.class_texts, images.templates, variant)
    labels = images.labelled.labels[embedded.numbers]
    scores = (torch.from_numpy(embedded.embeds) @ weights.T).numpy()
    result: dict[str, Any] = {
        "metric": images.metric,
        "value": METRICS[images.metric](scores, labels),
        "split": images.split,
        "protocol": images.protocol,
        "deviations": list(images.deviations(labels)),
        "notes": list(images.notes),
        "images": len(labels),
        "expected": images.expected_images,
        "classes": len(images.class_texts),
        "classes_with_images": present_classes(labels),
        "expected_classes": images.expected_classes,
        "unread": unread_images(embedded.broken, embedded.missing),
        "left_out": images.labelled.left_out,
        "variant": variant,
        "templates": list(images.templates),
        "class_texts": fingerprint_of_texts(images.class_texts),
    }
    if labels.ndim == 1 and len(images.class_texts) <= MOST_CLASSES_OF_A_CONFUSION:
        names = [text.names[0] for text in images.class_texts]
        result["confusion"] = {
            "names": names,
            "counts": confusion(scores, labels),
            "undecided": undecided(scores, labels),
        }
    return result


def fingerprint_of_texts(class_texts: ClassTexts) -> str:
    """SHA-256 of a table: ids, names and descriptions, in order."""
    digest = sha256()
    for text in class_texts:
        digest.update(repr(sorted(asdict(text).items())).encode())
    return digest.hexdigest()
