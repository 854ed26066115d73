"""Zero-shot retrieval on a set of captioned images."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from iclip.evaluation.retrieval import retrieval_recall
from iclip.zeroshot.embeddings import embed, folder_fingerprint
from iclip.zeroshot.models import ZeroShotModel
from iclip.zeroshot.retrieval_sets import CaptionedImages


def evaluate_retrieval(
    model: ZeroShotModel,
    images: CaptionedImages,
    cache: Path,
    *,
    batch_size: int = 64,
    workers: int = 0,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Recall@1/5/10 both ways; images that cannot be read go with their captions.

    Returns:
        ``recall`` (``tr_r1`` ... in percent), ``images``, ``captions`` and ``broken``.

    Raises:
        ValueError: No image could be read.
    """
    fingerprint = folder_fingerprint(images.files[0].parent) + str(images.origin.stat().st_size)
    embedded = embed(model, images, fingerprint, cache, batch_size, workers, progress)
    captions = [images.captions[number] for number in embedded.labels.tolist()]
    counts = torch.tensor([len(texts) for texts in captions])
    text_embeds = model.encode_texts([text for texts in captions for text in texts])
    recall = retrieval_recall(
        torch.from_numpy(np.array(embedded.embeds)),
        text_embeds,
        torch.repeat_interleave(torch.arange(len(captions)), counts),
    )
    return {
        "recall": recall,
        "images": len(captions),
        "captions": len(text_embeds),
        "broken": list(embedded.broken),
    }
