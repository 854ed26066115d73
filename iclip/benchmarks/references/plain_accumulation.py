"""Accumulation as it was before: each micro-batch is a step of its own, up to the optimizer.

Its gradient is not that of the whole batch: the pairs of a micro-batch are contrasted with each
other alone. All class texts are encoded, padded, in each micro-batch.
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from iclip.benchmarks.references.padded_class_texts import encode_padded
from iclip.distributed import gather
from iclip.models import TwoTowers
from iclip.models.losses import PairEmbeds, class_text_loss, contrastive_loss


def add_gradients(model: TwoTowers, micro_batches: Sequence[dict[str, Any]]) -> None:
    """Add up the gradients of iCLIP's losses over the micro-batches of one step, on one rank.

    Args:
        model: iCLIP.
        micro_batches: Batches as the data loader gives them.
    """
    for batch in micro_batches:
        (joint_loss(model, batch) / len(micro_batches)).backward()


def joint_loss(model: TwoTowers, batch: dict[str, Any]) -> Tensor:
    """Compute iCLIP's loss of one batch on one rank, with padded class texts."""
    data = model.data_preprocessor(batch, True)
    labels = data["gt_labels"].to(data["inputs"].device)
    image_embeds = model.encode_image(data["inputs"])
    labelled, paired = image_embeds.split([len(labels), len(data["token_ids"])])
    text_embeds = model.encode_text(data["token_ids"])
    scale = model.logit_scale
    classes = class_text_loss(labelled, encode_padded(model), labels, scale) / len(labels)
    pairs = gather(PairEmbeds(paired, text_embeds), [len(paired)])
    return classes + contrastive_loss(pairs, scale) / len(paired)
