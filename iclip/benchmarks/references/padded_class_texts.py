"""Class texts as they were encoded before: one pass, every text padded to the longest."""

import torch
from torch import Tensor
from torch.nn import functional as F

from iclip.models import TwoTowers


def encode_padded(model: TwoTowers) -> Tensor:
    """Encode each class with its template of this iteration on one rank: unit rows (N, D)."""
    assert model.class_prompts is not None
    prompts, weight = model.class_prompts, model.text_projection.weight
    token_ids = prompts.token_ids_at(range(len(prompts)), model.iteration).to(weight.device)
    embeds = model.text_projection(model.text_encoder(token_ids))
    return F.normalize(embeds.to(torch.promote_types(embeds.dtype, torch.float32)), dim=-1)
