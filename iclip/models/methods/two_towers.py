"""What the six methods share: an image tower, a text tower and a joint space."""

import math
from abc import abstractmethod
from typing import Any

import torch
from mmengine.model import BaseModel
from torch import Tensor, nn
from torch.nn import functional as F

from iclip.distributed import (
    gather_rows,
    gather_sizes,
    get_rank,
    get_world_size,
    global_mean,
    split_evenly,
)
from iclip.models.losses import class_text_loss, contrastive_loss
from iclip.registry import MODELS
from iclip.text.class_prompts import ClassPrompts
from iclip.text.class_texts import ClassTexts


class TwoTowers(BaseModel):
    """Base of the methods; each adds its own :meth:`loss`.

    All take the same arguments, so that methods differ by ``type`` alone in a config; a method
    that has no use for a part does not build it.

    Args:
        backbone: Image tower; offers ``forward_pooled`` (B, 3, H, W) -> (B, C) and
            ``num_features``.
        text_encoder: Text tower; token ids (T, L) -> (T, width), offers ``width``.
        class_prompts: The labelled images' classes and how class texts are composed, here and in
            zero-shot evaluation: arguments of :class:`~iclip.text.class_prompts.ClassPrompts`.
        embed_dim: Size D of the joint space.
        logit_scale: Initial log of the inverse temperature; ln(1 / 0.05).
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
        super().__init__(MODELS.build(data_preprocessor or dict(type="BatchPreprocessor")))
        self.backbone = MODELS.build(backbone)
        self.class_prompts = None if class_prompts is None else ClassPrompts(**class_prompts)
        self.loss_weight_cls = loss_weight_cls
        self.loss_weight_con = loss_weight_con
        self.iteration = 0
        self._build_joint_space(text_encoder, embed_dim, logit_scale)

    def _build_joint_space(
        self, text_encoder: dict[str, Any], embed_dim: int, logit_scale: float
    ) -> None:
        self.text_encoder = MODELS.build(text_encoder)
        self.image_projection = nn.Linear(self.backbone.num_features, embed_dim, bias=False)
        self.text_projection = nn.Linear(self.text_encoder.width, embed_dim, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(float(logit_scale)))
        nn.init.normal_(self.image_projection.weight, std=self.backbone.num_features**-0.5)
        nn.init.normal_(self.text_projection.weight, std=self.text_encoder.width**-0.5)

    @property
    def class_texts(self) -> ClassTexts | None:
        """The class table, which checkpoints keep."""
        return None if self.class_prompts is None else self.class_prompts.class_texts

    def set_iteration(self, iteration: int) -> None:
        """Tells the model the iteration, from which it draws the templates of the class texts."""
        self.iteration = iteration

    def encode_image(self, inputs: Tensor) -> Tensor:
        """Image embeddings, unit rows (B, D), of normalized images (B, 3, H, W)."""
        return self.project_image(self.backbone.forward_pooled(inputs))

    def project_image(self, features: Tensor) -> Tensor:
        """Image embeddings, unit rows (B, D), of pooled features (B, C)."""
        return _unit_rows(self.image_projection(features))

    def encode_text(self, token_ids: Tensor) -> Tensor:
        """Text embeddings, unit rows (T, D), of token ids (T, L)."""
        return _unit_rows(self.text_projection(self.text_encoder(token_ids)))

    def encode_classes(self) -> Tensor:
        """Weights (N, D) of the cosine classifier, this iteration's template for each class.

        Every rank encodes an even share of the classes; gathered with gradient.
        """
        prompts, world_size = self._require_class_prompts(), get_world_size()
        shares = [split_evenly(len(prompts), world_size, rank) for rank in range(world_size)]
        token_ids = to_device(
            prompts.token_ids_at(shares[get_rank()], self.iteration), self.logit_scale
        )
        return gather_rows(self.encode_text(token_ids), [len(share) for share in shares])

    def forward(
        self,
        inputs: Tensor,
        gt_labels: Tensor,
        token_ids: Tensor,
        caption_counts: Tensor | None = None,
        mode: str = "tensor",
    ) -> dict[str, Tensor] | list[dict[str, Any]] | Tensor:
        """Losses, predictions or image embeddings of one batch (mmengine's three modes).

        Args:
            inputs: Normalized images, (B, 3, H, W).
            gt_labels: Class indices, on the CPU; training: (B_c,), the first B_c images are the
                labelled ones. Evaluation: (B,) or (0,).
            token_ids: Captions; training: (B_p, L), those of the images after the labelled ones.
                Evaluation: all captions of the batch, image by image.
            caption_counts: Evaluation: captions of each image, (B,), on the CPU.
            mode: ``loss``, ``predict`` or ``tensor``.
        """
        if mode == "loss":
            return self.loss(inputs, gt_labels, token_ids)
        if mode == "predict":
            return self.predict(inputs, gt_labels, token_ids, caption_counts)
        return self.encode_image(inputs)

    @abstractmethod
    def loss(self, inputs: Tensor, gt_labels: Tensor, token_ids: Tensor) -> dict[str, Tensor]:
        """This rank's losses of one training batch, see :mod:`iclip.distributed`."""

    def predict(
        self,
        inputs: Tensor,
        gt_labels: Tensor,
        token_ids: Tensor,
        caption_counts: Tensor | None = None,
    ) -> list[dict[str, Any]]:
        """Of each image its outputs, and its ``gt_label`` and ``text_embeds`` where given."""
        outputs = self.describe(self.backbone.forward_pooled(inputs))
        if caption_counts is not None:
            text_embeds = self.encode_text(token_ids).float().cpu()
            outputs["text_embeds"] = text_embeds.split(caption_counts.tolist())
        if len(gt_labels):
            outputs["gt_label"] = gt_labels.tolist()
        columns = [
            value.float().cpu() if isinstance(value, Tensor) else value
            for value in outputs.values()
        ]
        return [dict(zip(outputs, row, strict=True)) for row in zip(*columns, strict=True)]

    def describe(self, features: Tensor) -> dict[str, Any]:
        """What the method says of images by their pooled features (B, C): rows by output name."""
        return {"image_embeds": self.project_image(features)}

    def _classification_loss(self, image_embeds: Tensor, gt_labels: Tensor) -> dict[str, Tensor]:
        """iCLIP's loss on the labelled images, against all classes."""
        if len(gt_labels) == 0:
            return {}
        class_embeds = self.encode_classes()
        with torch.autocast(image_embeds.device.type, enabled=False):
            targets = to_device(gt_labels, image_embeds)
            loss = class_text_loss(image_embeds, class_embeds, targets, self.logit_scale)
        return {"loss_cls": self.loss_weight_cls * global_mean(loss, len(gt_labels))}

    def _contrastive_loss(self, image_embeds: Tensor, token_ids: Tensor) -> dict[str, Tensor]:
        """CLIP's loss on the pairs, against the pairs of all ranks."""
        if len(token_ids) == 0:
            return {}
        sizes = gather_sizes(len(token_ids), token_ids.device)
        text_embeds = self.encode_text(token_ids)
        with torch.autocast(image_embeds.device.type, enabled=False):
            loss = contrastive_loss(
                image_embeds,
                text_embeds,
                gather_rows(image_embeds, sizes),
                gather_rows(text_embeds, sizes),
                first_row=sum(sizes[: get_rank()]),
                logit_scale=self.logit_scale,
            )
        return {"loss_con": self.loss_weight_con * global_mean(loss, len(token_ids))}

    def _require_class_prompts(self) -> ClassPrompts:
        if self.class_prompts is None:
            raise ValueError(
                f"model.class_prompts is not set, and {type(self).__name__} reads labelled images: "
                "give it dict(class_texts='...jsonl', ...); tools/build_class_texts.py writes one."
            )
        return self.class_prompts


def to_device(values: Tensor, like: Tensor) -> Tensor:
    """``values`` of the CPU on the device of ``like``, without waiting for what that computes."""
    return values.to(like.device, non_blocking=True)


def _unit_rows(embeds: Tensor) -> Tensor:
    """Rows of length 1, in float32 at least: the losses start from full precision."""
    return F.normalize(embeds.to(torch.promote_types(embeds.dtype, torch.float32)), dim=-1)
