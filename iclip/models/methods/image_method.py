"""What all methods share: an image tower, the class table, and mmengine's three modes."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from mmengine.model import BaseModel
from torch import Tensor

from iclip.models.step_rows import BatchEmbeds, RowCounts, count_rows
from iclip.registry import MODELS
from iclip.text.class_prompts import ClassPrompts
from iclip.text.class_texts import ClassTexts


class ImageMethod(BaseModel):
    """Base of the methods; each says what it embeds, and which losses it has.

    A loss is one of two kinds. :meth:`sample_losses` are sums over samples, so the losses of parts
    of a batch add up. :meth:`batch_losses` span the global batch: each row is compared with rows of
    all ranks. :meth:`loss` puts them together for one batch, :mod:`iclip.models.step` for the
    micro-batches of a step.

    All methods take the same arguments, so that configs of two methods differ in ``type`` alone; a
    method does not build what it does not use.

    Args:
        backbone: Image tower. Must have ``forward_pooled``, (B, 3, H, W) to (B, C), and
            ``num_features``, which is C.
        class_prompts: Classes of the labelled images, and how class texts are composed, in training
            and in zero-shot evaluation: arguments of
            :class:`~iclip.text.class_prompts.ClassPrompts`.
        loss_weight_cls: Weight of the classification loss.
        data_preprocessor: See :class:`~iclip.models.data_preprocessor.BatchPreprocessor`.

    Attributes:
        iteration: The training iteration; a hook sets it before each step. The templates of the
            class texts follow from it and the seed, so all ranks and a resumed run use the same.
        contrasts_labelled: Whether :meth:`batch_losses` reads the labelled images' rows, too.
    """

    contrasts_labelled = False

    def __init__(
        self,
        backbone: dict[str, Any],
        class_prompts: dict[str, Any] | None = None,
        loss_weight_cls: float = 1.0,
        data_preprocessor: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(MODELS.build(data_preprocessor or dict(type="BatchPreprocessor")))
        self.backbone = MODELS.build(backbone)
        self.class_prompts = None if class_prompts is None else ClassPrompts(**class_prompts)
        self.loss_weight_cls = loss_weight_cls
        self.iteration = 0

    @property
    def class_texts(self) -> ClassTexts | None:
        """The class table, which checkpoints store."""
        return None if self.class_prompts is None else self.class_prompts.class_texts

    def set_iteration(self, iteration: int) -> None:
        """Set the iteration, which decides the templates of the class texts."""
        self.iteration = iteration

    def set_seed(self, seed: int) -> None:
        """Set the run's seed, equal on all ranks; ``class_prompts.seed`` goes before it if set."""
        if self.class_prompts is not None:
            self.class_prompts.run_seed = seed

    def encode_image(self, inputs: Tensor) -> Tensor:
        """Encode normalized images (B, 3, H, W) as pooled features (B, C)."""
        return self.encode_features(inputs)

    def encode_features(self, inputs: Tensor) -> Tensor:
        """Encode normalized images (B, 3, H, W) as pooled features (B, C); B may be 0."""
        if len(inputs):
            return self.backbone.forward_pooled(inputs)
        # Ranks exchange the gradient of every parameter: one without images contributes zeros,
        # those of a blank image whose features are dropped.
        blank = inputs.new_zeros(1, *inputs.shape[1:])
        return self.backbone.forward_pooled(blank)[:0]

    def forward(
        self,
        inputs: Tensor,
        gt_labels: Tensor,
        token_ids: Tensor,
        caption_counts: Tensor | None = None,
        mode: str = "tensor",
        loss: Callable[..., dict[str, Tensor]] | None = None,
    ) -> dict[str, Tensor] | list[dict[str, Any]] | Tensor:
        """Compute losses, predictions or image embeddings of one batch (mmengine's three modes).

        In training, the B_c labelled images come first, then the images of the B_p pairs.

        Args:
            inputs: Normalized images, (B, 3, H, W). Training: B = B_c + B_p.
            gt_labels: Class indices, int64, on the CPU. Training: (B_c,). Evaluation: (B,) or (0,).
            token_ids: Captions, int64. Training: (B_p, L). Evaluation: all captions of the batch,
                image by image, (T, L).
            caption_counts: Evaluation: number of captions per image, (B,), on the CPU.
            mode: ``loss``, ``predict`` or ``tensor``.
            loss: Computes the losses in place of :meth:`loss`; :mod:`iclip.models.step` needs it,
                since a distributed wrapper only offers ``forward``.

        Returns:
            ``loss``: scalars by name. ``predict``: one dict per image. ``tensor``: what
            :meth:`encode_image` returns.
        """
        if mode == "loss":
            return (loss or self.loss)(inputs, gt_labels, token_ids)
        if mode == "predict":
            return self.predict(inputs, gt_labels, token_ids, caption_counts)
        return self.encode_image(inputs)

    def loss(self, inputs: Tensor, gt_labels: Tensor, token_ids: Tensor) -> dict[str, Tensor]:
        """Compute this rank's losses of one training batch, see :mod:`iclip.distributed`.

        Args:
            inputs: Normalized images, (B_c + B_p, 3, H, W), labelled ones first.
            gt_labels: (B_c,) int64, on the CPU.
            token_ids: (B_p, L) int64.

        Returns:
            Scalars by name, such as ``loss_cls``; mmengine sums those with ``loss`` in their name.
        """
        self.check_batch(gt_labels, token_ids)
        rows = count_rows(len(gt_labels), len(token_ids), inputs.device)
        embeds = self.embed(inputs, len(gt_labels), token_ids if any(rows.pairs) else None)
        class_embeds = self.encode_class_texts([gt_labels], rows)
        return {
            **self.sample_losses(embeds.labelled, class_embeds, gt_labels, rows),
            **self.batch_losses(embeds, class_embeds, gt_labels, rows),
        }

    def check_batch(self, gt_labels: Tensor, token_ids: Tensor) -> None:
        """Raise a ``ValueError`` if the batch holds what the method does not use."""

    @abstractmethod
    def embed(self, inputs: Tensor, num_labelled: int, token_ids: Tensor | None) -> BatchEmbeds:
        """Encode a batch's images and captions, with gradient.

        Args:
            inputs: Normalized images, (B_c + B_p, 3, H, W), labelled ones first.
            num_labelled: B_c.
            token_ids: (B_p, L) int64; None if no rank has pairs, or they are not asked for.
        """

    def encode_class_texts(self, gt_labels: Sequence[Tensor], rows: RowCounts) -> Tensor | None:
        """Encode the class texts that the losses of a step read; None if they read none.

        Args:
            gt_labels: Labels of each micro-batch of this rank, int64, on the CPU.
            rows: Numbers of rows in the step.
        """
        return None

    def sample_losses(
        self, labelled: Tensor, class_embeds: Tensor | None, gt_labels: Tensor, rows: RowCounts
    ) -> dict[str, Tensor]:
        """Compute this rank's share of the losses that are sums over samples, by name.

        Args:
            labelled: Rows of all labelled images of this rank's step, or of some of them.
            class_embeds: What :meth:`encode_class_texts` returned.
            gt_labels: Their labels, int64, on the CPU.
            rows: Numbers of rows in the step.
        """
        return {}

    def batch_losses(
        self,
        embeds: BatchEmbeds,
        class_embeds: Tensor | None,
        gt_labels: Tensor,
        rows: RowCounts,
    ) -> dict[str, Tensor]:
        """Compute this rank's share of the losses that span the global batch, by name.

        Args:
            embeds: All rows of this rank's step; the labelled ones only matter if
                :attr:`contrasts_labelled`.
            class_embeds: What :meth:`encode_class_texts` returned.
            gt_labels: Labels of all labelled images of this rank's step, int64, on the CPU.
            rows: Numbers of rows in the step.
        """
        return {}

    def predict(
        self,
        inputs: Tensor,
        gt_labels: Tensor,
        token_ids: Tensor,
        caption_counts: Tensor | None = None,
    ) -> list[dict[str, Any]]:
        """Return one dict per image: its outputs on the CPU, and its ``gt_label`` where given."""
        outputs = self.outputs_from_features(self.backbone.forward_pooled(inputs))
        if len(gt_labels):
            outputs["gt_label"] = gt_labels.tolist()
        # From one tensor per output, (B, ...), to one dict per image.
        columns = [
            value.float().cpu() if isinstance(value, Tensor) else value
            for value in outputs.values()
        ]
        return [dict(zip(outputs, row, strict=True)) for row in zip(*columns, strict=True)]

    @abstractmethod
    def outputs_from_features(self, features: Tensor) -> dict[str, Any]:
        """Map pooled features (B, C) to the method's outputs: by name, B rows each."""

    def _require_class_prompts(self) -> ClassPrompts:
        if self.class_prompts is None:
            raise ValueError(
                f"model.class_prompts is not set, and {type(self).__name__} reads labelled images: "
                "set it to dict(class_texts='...jsonl', ...); tools/build_class_texts.py writes one"
            )
        return self.class_prompts


def to_device(values: Tensor, like: Tensor) -> Tensor:
    """Copy ``values`` from the CPU to the device of ``like``, without waiting for that device."""
    return values.to(like.device, non_blocking=True)
