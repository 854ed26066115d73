"""Zero-shot retrieval on a set of captioned images."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from iclip.evaluation.retrieval import retrieval_recall
from iclip.zeroshot.embeddings import embed, folder_fingerprint
from iclip.zeroshot.models import ZeroShotModel
from iclip.zeroshot.retrieval_pictures import draw_examples
from iclip.zeroshot.retrieval_sets import CaptionedImages


def images_fingerprint(images: CaptionedImages) -> str:
    """Tell the images of a data set from others."""
    return folder_fingerprint(images.files[0].parent) + str(images.origin.stat().st_size)


def evaluate_retrieval(
    model: ZeroShotModel,
    images: CaptionedImages,
    cache: Path,
    *,
    batch_size: int | None = None,
    workers: int = 0,
    progress: Callable[[str], None] | None = None,
    pictures: Path | None = None,
) -> dict[str, Any]:
    """Recall@1/5/10 both ways; images that cannot be read go with their captions.

    Args:
        model: Embeds images and captions.
        images: The data set.
        cache: Folder of the kept embeddings.
        batch_size: Images at a time; None: as many as fit.
        workers: Processes that decode.
        progress: Takes lines with an ETA.
        pictures: Folder for pictures of a few captions with the images that come first.

    Returns:
        ``recall`` (``tr_r1`` ... in percent), ``images``, ``captions`` and ``broken``.

    Raises:
        ValueError: No image could be read.
    """
    embedded = embed(
        model, images, images_fingerprint(images), cache, batch_size, workers, progress
    )
    captions = [images.captions[number] for number in embedded.labels.tolist()]
    counts = torch.tensor([len(texts) for texts in captions])
    text_embeds = model.encode_texts([text for texts in captions for text in texts])
    image_embeds = torch.from_numpy(np.array(embedded.embeds))
    image_of_text = torch.repeat_interleave(torch.arange(len(captions)), counts)
    recall = retrieval_recall(image_embeds, text_embeds, image_of_text)
    if pictures is not None:
        first = text_embeds[counts.cumsum(0) - counts]
        draw_examples(images, embedded.labels.tolist(), image_embeds, first, pictures)
    return {
        "recall": recall,
        "images": len(captions),
        "captions": len(text_embeds),
        "broken": list(embedded.broken),
    }
