"""An image tower, a text tower and their joint space."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from iclip.distributed import (
    gather,
    gather_rows,
    get_rank,
    get_world_size,
    global_mean,
    split_evenly,
)
from iclip.models.losses import PairEmbeds, contrastive_loss
from iclip.models.methods.image_method import ImageMethod, to_device
from iclip.models.step_rows import BatchEmbeds, RowCounts
from iclip.registry import MODELS


class TwoTowers(ImageMethod):
    """Base of the methods that read text.

    Args:
        backbone: Image tower; see :class:`~iclip.models.methods.image_method.ImageMethod`.
        text_encoder: Text tower: maps token ids (T, L) to (T, C). Must have ``width``, which is C.
        class_prompts: Classes of the labelled images.
        embed_dim: Size D of the joint space.
        logit_scale: Initial log of the inverse temperature; the default is a temperature of 0.05.
        loss_weight_cls: Weight of the classification loss.
        loss_weight_con: Weight of the contrastive loss.
        data_preprocessor: See :class:`~iclip.models.data_preprocessor.BatchPreprocessor`.
    """

    def __init__(
        self,
        backbone: dict[str, Any],
        text_encoder: dict[str, Any],
        class_prompts: dict[str, Any] | None = None,
        embed_dim: int = 512,
        logit_scale: float = math.log(1 / 0.05),
        loss_weight_cls: float = 1.0,
        loss_weight_con: float = 1.0,
        data_preprocessor: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(backbone, class_prompts, loss_weight_cls, data_preprocessor)
        self.loss_weight_con = loss_weight_con
        self.text_encoder = MODELS.build(text_encoder)
        self.image_projection = nn.Linear(self.backbone.num_features, embed_dim, bias=False)
        self.text_projection = nn.Linear(self.text_encoder.width, embed_dim, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(float(logit_scale)))
        # CLIP's initialization: an embedding's entries have about the variance of the features'.
        nn.init.normal_(self.image_projection.weight, std=self.backbone.num_features**-0.5)
        nn.init.normal_(self.text_projection.weight, std=self.text_encoder.width**-0.5)

    def encode_image(self, inputs: Tensor) -> Tensor:
        """Encode normalized images (B, 3, H, W) as image embeddings, unit rows (B, D)."""
        return self.project_image(self.encode_features(inputs))

    def project_image(self, features: Tensor) -> Tensor:
        """Map pooled features (B, C) to image embeddings, unit rows (B, D)."""
        return _unit_rows(self.image_projection(features))

    def encode_text(self, token_ids: Tensor) -> Tensor:
        """Encode token ids (T, L) as text embeddings, unit rows (T, D); T may be 0."""
        if not len(token_ids):  # as in encode_features
            return self.encode_text(token_ids.new_zeros(1, 1))[:0]
        return _unit_rows(self.text_projection(self.text_encoder(token_ids)))

    def encode_classes(self) -> Tensor:
        """Encode each class with its template of this iteration: unit rows (N, D).

        Each rank encodes an even share of the classes; the shares are gathered with their gradient.
        """
        prompts, world_size = self._require_class_prompts(), get_world_size()
        # Every rank must know the size of every share to gather them.
        shares = [split_evenly(len(prompts), world_size, rank) for rank in range(world_size)]
        token_ids = to_device(  # classes of this rank, L
            prompts.token_ids_at(shares[get_rank()], self.iteration), self.logit_scale
        )
        return gather_rows(self.encode_text(token_ids), [len(share) for share in shares])

    def encode_class_subset(self, classes: Sequence[int] | npt.NDArray[np.int64]) -> Tensor:
        """Encode some classes on this rank alone: unit rows (len(classes), D)."""
        token_ids = self._require_class_prompts().token_ids_at(classes, self.iteration)
        return self.encode_text(to_device(token_ids, self.logit_scale))

    def embed(self, inputs: Tensor, num_labelled: int, token_ids: Tensor | None) -> BatchEmbeds:
        """Encode all images and captions as embeddings, unit rows."""
        image_embeds = self.encode_image(inputs)  # B_c + B_p, D
        labelled, paired = image_embeds.split([num_labelled, len(image_embeds) - num_labelled])
        return self._with_captions(labelled, paired, token_ids)

    def _with_captions(
        self, labelled: Tensor, paired: Tensor, token_ids: Tensor | None
    ) -> BatchEmbeds:
        captions = paired[:0] if token_ids is None else self.encode_text(token_ids)
        return BatchEmbeds(labelled, paired, captions)

    def batch_losses(
        self,
        embeds: BatchEmbeds,
        class_embeds: Tensor | None,
        gt_labels: Tensor,
        rows: RowCounts,
    ) -> dict[str, Tensor]:
        """Compute CLIP's loss on the pairs against the pairs of all ranks, ``loss_con``."""
        if not any(rows.pairs):
            return {}
        pairs = gather(PairEmbeds(embeds.paired, embeds.captions), rows.pairs)
        loss = self._global_mean(contrastive_loss, rows.pairs, pairs)
        return {"loss_con": self.loss_weight_con * loss}

    def predict(
        self,
        inputs: Tensor,
        gt_labels: Tensor,
        token_ids: Tensor,
        caption_counts: Tensor | None = None,
    ) -> list[dict[str, Any]]:
        """Return each image's outputs, and its ``gt_label`` and ``text_embeds`` where given."""
        rows = super().predict(inputs, gt_labels, token_ids)
        if caption_counts is not None:
            text_embeds = self.encode_text(token_ids).float().cpu()  # T, D
            # The captions come image by image.
            for row, own in zip(rows, text_embeds.split(caption_counts.tolist()), strict=True):
                row["text_embeds"] = own
        return rows

    def outputs_from_features(self, features: Tensor) -> dict[str, Any]:
        """Return the image embeddings of pooled features (B, C)."""
        return {"image_embeds": self.project_image(features)}

    def _global_mean(self, loss: Callable[..., Tensor], sizes: list[int], *inputs: Any) -> Tensor:
        """Compute this rank's share of a loss's mean over all ranks' rows, without autocast.

        Logits in half precision would round away small differences of similarity, which a scale of
        up to 100 makes large.

        Args:
            loss: One of :mod:`iclip.models.losses`; it takes the inputs and ``logit_scale``.
            sizes: Rows of each rank that the loss sums over.
            inputs: Embeddings and labels, on the model's device.
        """
        with torch.autocast(self.logit_scale.device.type, enabled=False):
            local_sum = loss(*inputs, self.logit_scale)
        return global_mean(local_sum, sizes)


def _unit_rows(embeds: Tensor) -> Tensor:
    """Scale rows to length 1, (B, D); half precision becomes float32, in which losses compute."""
    return F.normalize(embeds.to(torch.promote_types(embeds.dtype, torch.float32)), dim=-1)
