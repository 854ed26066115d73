"""The losses: one per module, each a pure function of embeddings that follows its paper's formula.

Shapes: B rows of this rank, G rows of all ranks, N classes, D sizes of the joint space. Embeddings
have length 1. Each loss is the sum over this rank's B rows, in nats; the method divides it by the
number of all ranks' rows (see :mod:`iclip.distributed`).
"""

from iclip.models.losses.class_text_loss import class_text_loss
from iclip.models.losses.contrastive_loss import PairEmbeds, contrastive_loss
from iclip.models.losses.unicl_loss import LabelledPairEmbeds, unicl_loss

__all__ = [
    "LabelledPairEmbeds",
    "PairEmbeds",
    "class_text_loss",
    "contrastive_loss",
    "unicl_loss",
]
