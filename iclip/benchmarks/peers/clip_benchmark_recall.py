"""clip_benchmark's recall from embeddings, as its evaluation computes it."""

from collections.abc import Sequence

import torch
from clip_benchmark.metrics.zeroshot_retrieval import batchify, recall_at_k
from torch import Tensor

_BATCH = 64  # rows of scores at a time, as in its command


def recall(
    image_embeds: Tensor, text_embeds: Tensor, image_of_text: Tensor, top_k: Sequence[int]
) -> dict[str, float]:
    """Return recalls in percent, under the names of ``iclip.evaluation.retrieval_recall``.

    Args:
        image_embeds: Unit rows, (I, D).
        text_embeds: Unit rows, (T, D).
        image_of_text: Row of each text's image, (T,).
        top_k: The ks.
    """
    scores = text_embeds @ image_embeds.T  # T, I
    positive = torch.zeros_like(scores, dtype=torch.bool)
    positive[torch.arange(len(scores)), image_of_text] = True
    found = {}
    for k in top_k:
        for name, rows, truth in (("ir", scores, positive), ("tr", scores.T, positive.T)):
            hits = batchify(recall_at_k, rows, truth, _BATCH, "cpu", k=k) > 0
            found[f"{name}_r{k}"] = 100 * hits.float().mean().item()
    return found
