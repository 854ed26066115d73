"""Image-text retrieval: recall@k in both directions."""

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.evaluator import BaseMetric
from torch import Tensor

from iclip.evaluation.finite import check_finite
from iclip.evaluation.ranking import rank_of_label, rank_of_truth
from iclip.registry import METRICS


def retrieval_recall(
    image_embeds: Tensor,
    text_embeds: Tensor,
    image_of_text: Tensor,
    top_k: Sequence[int] = (1, 5, 10),
    cells_per_chunk: int = 2**26,
) -> dict[str, float]:
    """Compute recall@k of image-to-text (TR) and text-to-image (IR) retrieval.

    An image counts as found if any of its texts is among the k best. Ties count against the model,
    and a row of scores that holds a NaN finds nothing (:mod:`iclip.evaluation.ranking`).

    Args:
        image_embeds: Unit rows, (I, D).
        text_embeds: Unit rows, (T, D).
        image_of_text: Row of each text's image, (T,) int64. Every image has a text.
        top_k: The ks.
        cells_per_chunk: Number of scores that are computed at a time, but at least one row of them.
            It bounds the memory: 2**26 scores in float32 take 256 MiB.

    Returns:
        ``tr_r1``, ..., ``ir_r1``, ...: percent.
    """
    image_ranks, text_ranks = [], []
    for rows in torch.arange(len(image_embeds)).split(max(1, cells_per_chunk // len(text_embeds))):
        scores = image_embeds[rows] @ text_embeds.T  # rows, T
        # An image's true texts are those whose image it is.
        image_ranks.append(rank_of_truth(scores, image_of_text[None, :] == rows[:, None]))
    for rows in torch.arange(len(text_embeds)).split(max(1, cells_per_chunk // len(image_embeds))):
        scores = text_embeds[rows] @ image_embeds.T  # rows, I
        text_ranks.append(rank_of_label(scores, image_of_text[rows]))
    recall = {}
    for name, ranks in (("tr", torch.cat(image_ranks)), ("ir", torch.cat(text_ranks))):
        for k in top_k:
            recall[f"{name}_r{k}"] = 100 * (ranks < k).double().mean().item()
    return recall


@METRICS.register_module()
class RetrievalRecall(BaseMetric):
    """Recall@k over a dataset of images with several captions each.

    Args:
        top_k: The ks of the recalls.
        **kwargs: See mmengine's ``BaseMetric``.
    """

    default_prefix = "retrieval"

    def __init__(self, top_k: Sequence[int] = (1, 5, 10), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.top_k = tuple(top_k)

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        """Take one batch's ``image_embeds`` and ``text_embeds``."""
        self.results += [(sample["image_embeds"], sample["text_embeds"]) for sample in data_samples]

    def compute_metrics(self, results: list[tuple[Tensor, Tensor]]) -> dict[str, float]:
        """Return the recalls over all ranks, in percent.

        Raises:
            ValueError: Embeddings are not finite.
        """
        image_embeds = torch.stack([image for image, _ in results])  # I, D
        text_embeds = torch.cat([texts for _, texts in results])  # T, D, image by image
        counts = torch.tensor([len(texts) for _, texts in results])
        image_of_text = torch.repeat_interleave(torch.arange(len(results)), counts)
        check_finite(image_embeds, "image embeddings", "image {}".format)
        check_finite(
            text_embeds,
            "text embeddings",
            lambda row: f"text {row} (of image {image_of_text[row]})",
        )
        return retrieval_recall(image_embeds, text_embeds, image_of_text, self.top_k)
