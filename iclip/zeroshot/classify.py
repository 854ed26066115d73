"""Zero-shot classification of a data set, from its images' embeddings."""

from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256

import torch
from torch import Tensor

from iclip.evaluation.finite import check_finite
from iclip.evaluation.template_average import average_templates
from iclip.results import Classification, ClassScores, SetResult, Unread, UnreadImages
from iclip.results.tool_files import SCORE_NAMES
from iclip.text.class_texts import ClassTexts
from iclip.text.prompts import compose, select_templates
from iclip.zeroshot.embeddings import Embedded
from iclip.zeroshot.image_sets import ImageSet, present_classes
from iclip.zeroshot.metrics import METRICS, confusion, undecided
from iclip.zeroshot.models import ImageTextEmbedder

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
    embedded: Embedded,
    variant: str = "name_description",
    name: str = "images",
    descriptions: str | None = None,
) -> SetResult:
    """Classify a data set.

    Args:
        model: Its text tower is used.
        images: The data set.
        embedded: Its images' embeddings by this model.
        variant: See :func:`iclip.text.prompts.compose`.
        name: Of the data set.
        descriptions: Table of the user's that the class texts come from.

    Returns:
        Score, what was read of how many, and how.

    Raises:
        ValueError: Embeddings of texts are not finite, or a template is malformed.
    """
    weights = class_weights(model, images.class_texts, images.templates, variant)
    labels = images.labelled.labels[embedded.numbers]
    scores = (torch.from_numpy(embedded.embeds) @ weights.T).numpy()
    per_class = None
    if labels.ndim == 1 and len(images.class_texts) <= MOST_CLASSES_OF_A_CONFUSION:
        names = [text.names[0] for text in images.class_texts]
        per_class = ClassScores.from_confusion(
            names, confusion(scores, labels), undecided(scores, labels)
        )
    return SetResult(
        names=(name,),
        scores={f"{name}/{SCORE_NAMES[images.metric]}": METRICS[images.metric](scores, labels)},
        images=len(labels),
        expected=images.expected_images,
        split=images.split,
        protocol=images.protocol,
        deviations=images.deviations(labels),
        notes=images.notes,
        unread=UnreadImages(Unread.of(embedded.broken), Unread.of(embedded.missing)),
        left_out=images.labelled.left_out,
        detail=Classification(
            classes=len(images.class_texts),
            classes_with_images=present_classes(labels),
            expected_classes=images.expected_classes,
            variant=variant,
            templates=tuple(images.templates),
            class_texts=fingerprint_of_texts(images.class_texts),
            descriptions=descriptions,
        ),
        per_class=per_class,
    )


def fingerprint_of_texts(class_texts: ClassTexts) -> str:
    """SHA-256 of a table: ids, names and descriptions, in order."""
    digest = sha256()
    for text in class_texts:
        digest.update(repr(sorted(asdict(text).items())).encode())
    return digest.hexdigest()
