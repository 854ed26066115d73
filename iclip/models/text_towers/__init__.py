"""The text towers: CLIP's causal Transformer and RoBERTa."""

from iclip.models.text_towers.roberta import RobertaTextEncoder
from iclip.models.text_towers.transformer import TextTransformer

__all__ = ["RobertaTextEncoder", "TextTransformer"]
