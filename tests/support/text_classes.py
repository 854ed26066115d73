"""Classes with random embeddings, which need no text tower."""

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from iclip.text.class_texts import ClassText, ClassTexts
from iclip.words.class_embeddings import ClassEmbeddings


def random_embeddings(
    names: Sequence[str], dims: int, seed: int = 0, space: int = 0
) -> ClassEmbeddings:
    """Draw unit vectors for classes, (N, dims); those of one ``space`` have one probe."""
    texts = ClassTexts(ClassText(f"c{i}", (name,)) for i, name in enumerate(names))
    chance = torch.Generator().manual_seed(seed)
    embeds = F.normalize(torch.randn(len(texts), dims, generator=chance), dim=1)
    probe = torch.randn(dims, generator=torch.Generator().manual_seed(1000 + space))
    return ClassEmbeddings(texts, embeds, F.normalize(probe, dim=0), "tower.pth")
