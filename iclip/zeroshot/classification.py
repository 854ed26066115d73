"""Zero-shot classification of a data set, from its images' embeddings."""

from dataclasses import asdict
from hashlib import sha256
from typing import Any

import torch

from iclip.evaluation.accuracy import confusion, mean_class_accuracy, top1_accuracy
from iclip.evaluation.average_precision import mean_11_point_ap
from iclip.results import unread_images
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
# Larger confusions would dominate the file.
MAX_CLASSES_OF_CONFUSION = 200


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
        ValueError: The model's context cuts the name of a class, a template is malformed, or
            embeddings of class texts are not finite.
    """
    assert model.tokenizer is not None, "checked when the model was loaded"
    prompts = ClassPrompts(images.class_texts, model.tokenizer, images.templates, variant)
    labels = images.labelled.labels[embedded.numbers]
    gt_labels = torch.from_numpy(labels)
    scores = torch.from_numpy(embedded.embeds) @ model.class_embeds(prompts).T
    result: dict[str, Any] = {
        "metric": images.metric,
        "value": METRICS[images.metric](scores, gt_labels),
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
    if labels.ndim == 1 and len(images.class_texts) <= MAX_CLASSES_OF_CONFUSION:
        found = confusion(scores, gt_labels)
        result["confusion"] = {
            "names": [text.names[0] for text in images.class_texts],
            "counts": found.counts.tolist(),
            "undecided": found.undecided.tolist(),
        }
    return result


def fingerprint_of_texts(class_texts: ClassTexts) -> str:
    """SHA-256 of a table: ids, names and descriptions, in order."""
    digest = sha256()
    for text in class_texts:
        digest.update(repr(sorted(asdict(text).items())).encode())
    return digest.hexdigest()
