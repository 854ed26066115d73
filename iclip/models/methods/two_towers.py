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
)
from iclip.models.losses import PairEmbeds, contrastive_loss
from iclip.models.methods.image_method import ImageMethod, to_device
from iclip.models.step_rows import BatchEmbeds, RowCounts
from iclip.models.text_towers.chunked_encoding import TextChunks, encode_in_chunks
from iclip.registry import MODELS
from iclip.text.text_chunks import places_in, share_by_cost
from iclip.text.token_rows import TokenRows
from iclip.text.tokenizer_protocol import values_of


class TwoTowers(ImageMethod):
    """Base of the methods that read text.

    Args:
        backbone: Image tower; see :class:`~iclip.models.methods.image_method.ImageMethod`.
        text_encoder: Text tower: maps token ids (T, L) and the rows of its ``token_table`` that
            ``table_rows`` names, (T, L, C), to (T, C). Must have ``width``, which is C,
            ``context_length``, the largest L, and ``pad_id``.
        class_prompts: Classes of the labelled images.
        embed_dim: Size D of the joint space.
        logit_scale: Initial log of the inverse temperature; the default is a temperature of 0.05.
        loss_weight_cls: Weight of the classification loss.
        loss_weight_con: Weight of the contrastive loss.
        data_preprocessor: See :class:`~iclip.models.data_preprocessor.BatchPreprocessor`.
        text_chunks: How texts are cut into chunks and how many activations are kept: arguments of
            :class:`~iclip.models.text_towers.chunked_encoding.TextChunks`.
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
        text_chunks: dict[str, int] | None = None,
    ) -> None:
        super().__init__(backbone, class_prompts, loss_weight_cls, data_preprocessor)
        self.loss_weight_con = loss_weight_con
        self.text_chunks = TextChunks(**(text_chunks or {}))
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
        """Encode token ids as text embeddings; texts of similar length are encoded together.

        Args:
            token_ids: (T, L) int64, on the CPU (from a GPU they are copied back, which waits for
                it).

        Returns:
            Unit rows, (T, D); T may be 0.
        """
        ids = values_of(token_ids)
        return self.encode_token_rows(TokenRows.from_padded(ids, self.text_encoder.pad_id))

    def encode_classes(self) -> Tensor:
        """Encode each class with its template of this iteration: unit rows (N, D).

        Each rank encodes classes of about the same cost; they are gathered with their gradient.
        """
        prompts, chunks = self._require_class_prompts(), self.text_chunks
        # Every rank must know every rank's classes to gather them. Lengths, hence the classes of a
        # rank, follow from the seed and the iteration alone.
        lengths = prompts.lengths_at(self.iteration)
        classes = share_by_cost(lengths, get_world_size(), chunks.tokens, chunks.width_multiple)
        embeds = gather_rows(
            self.encode_class_subset(classes[get_rank()]), [len(own) for own in classes]
        )
        if len(classes) == 1:
            return embeds
        # From the order of the gathered rows to that of the classes.
        places = torch.from_numpy(places_in(np.concatenate(classes)))
        return embeds.index_select(0, to_device(places, embeds))

    def encode_class_subset(self, classes: Sequence[int] | npt.NDArray[np.int64]) -> Tensor:
        """Encode some classes on this rank alone: unit rows (len(classes), D).

        Args:
            classes: Class indices; each gets its template of this iteration.
        """
        prompts = self._require_class_prompts()
        return self.encode_token_rows(prompts.rows_at(classes, self.iteration))

    def encode_token_rows(self, texts: TokenRows) -> Tensor:
        """Encode tokenized texts: unit rows (T, D), in the given order."""

        def encode(token_ids: Tensor, token_embeds: Tensor) -> Tensor:
            return _unit_rows(self.text_projection(self.text_encoder(token_ids, token_embeds)))

        device = self.logit_scale.device
        return encode_in_chunks(encode, self.text_encoder, texts, self.text_chunks, device)

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
