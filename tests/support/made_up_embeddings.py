"""Class embeddings of made-up joint spaces, without a text tower."""

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from iclip.text.class_texts import ClassText, ClassTexts
from iclip.words import ClassEmbeddings


def made_up_embeddings(names: Sequence[str], embed_dim: int, space: int = 0) -> ClassEmbeddings:
    """Random unit rows for classes; the probe is one vector per ``space``."""
    texts = ClassTexts(ClassText(name, (name,), f"what {name} is") for name in names)
    chance = torch.Generator().manual_seed(len(names))
    probe = torch.randn(embed_dim, generator=torch.Generator().manual_seed(1000 + space))
    embeds = torch.randn(len(names), embed_dim, generator=chance)
    return ClassEmbeddings(texts, F.normalize(embeds, dim=-1), F.normalize(probe, dim=0))
