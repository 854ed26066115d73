"""Zero-shot classification of a data set, given the embeddings of its images."""

from dataclasses import asdict
from hashlib import sha256

import torch

from iclip.evaluation.accuracy import (
    MAX_CLASSES_OF_CONFUSION,
    confusion,
    mean_class_accuracy,
    top1_accuracy,
)
from iclip.evaluation.average_precision import mean_11_point_ap
from iclip.results import Classification, ClassScores, SetResult, Unread, UnreadImages
from iclip.results.tool_files import SCORE_NAMES
from iclip.text.class_prompts import ClassPrompts
from iclip.text.class_texts import ClassTexts
from iclip.zeroshot.cached_embeddings import EmbeddedSet
from iclip.zeroshot.classification_sets import ImageSet, present_classes
from iclip.zeroshot.embedding_model import ImageTextEmbedder

METRICS = {
    "top-1": top1_accuracy,
    "mean per class": mean_class_accuracy,
    "11-point mAP": mean_11_point_ap,
}


def evaluate_set(
    model: ImageTextEmbedder,
    images: ImageSet,
    embedded: EmbeddedSet,
    variant: str = "name_description",
    name: str = "images",
    descriptions: str | None = None,
) -> SetResult:
    """Classify a data set.

    Args:
        model: Embeds the class texts.
        images: The data set.
        embedded: Embeddings of its images by this model.
        variant: See :func:`iclip.text.prompts.compose`.
        name: The data set's name.
        descriptions: The user's table from which the class texts come, if there is one.

    Returns:
        The score, how it was measured, and how many of the images were read.

    Raises:
        ValueError: The model's context cuts the name of a class, a template is malformed, or
            embeddings of class texts are not finite.
    """
    assert model.tokenizer is not None, "checked when the model was loaded"
    prompts = ClassPrompts(images.class_texts, model.tokenizer, images.templates, variant)
    # The labels of the images that were read, (N,) or (N, C).
    labels = images.labelled.labels[embedded.numbers]
    gt_labels = torch.from_numpy(labels)
    # N, D @ D, C -> N, C
    scores = torch.from_numpy(embedded.embeds) @ model.class_embeds(prompts).T
    per_class = None
    # A confusion needs one class per image.
    if labels.ndim == 1 and len(images.class_texts) <= MAX_CLASSES_OF_CONFUSION:
        counts, undecided = confusion(scores, gt_labels)
        names = [text.names[0] for text in images.class_texts]
        per_class = ClassScores.from_confusion(names, counts.tolist(), undecided.tolist())
    return SetResult(
        names=(name,),
        scores={f"{name}/{SCORE_NAMES[images.metric]}": METRICS[images.metric](scores, gt_labels)},
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
    """Return the SHA-256 of a table: ids, names and descriptions, in order."""
    digest = sha256()
    for text in class_texts:
        digest.update(repr(sorted(asdict(text).items())).encode())
    return digest.hexdigest()
