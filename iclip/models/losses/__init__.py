"""The losses: one a file, each a pure function that can be held against the paper."""

from iclip.models.losses.class_text_loss import class_text_loss
from iclip.models.losses.contrastive_loss import contrastive_loss
from iclip.models.losses.unicl_loss import unicl_loss

__all__ = ["class_text_loss", "contrastive_loss", "unicl_loss"]
