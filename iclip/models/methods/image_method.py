"""What all methods share: an image tower, the class table, and mmengine's three modes."""

from abc import abstractmethod
from typing import Any

from mmengine.model import BaseModel
from torch import Tensor

from iclip.registry import MODELS
from iclip.text.class_prompts import ClassPrompts
from iclip.text.class_texts import ClassTexts


class ImageMethod(BaseModel):
    """Base of the methods; each adds its own :meth:`loss`.

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
    """

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
        return self.backbone.forward_pooled(inputs)

    def forward(
        self,
        inputs: Tensor,
        gt_labels: Tensor,
        token_ids: Tensor,
        caption_counts: Tensor | None = None,
        mode: str = "tensor",
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

        Returns:
            ``loss``: scalars by name. ``predict``: one dict per image. ``tensor``: what
            :meth:`encode_image` returns.
        """
        if mode == "loss":
            return self.loss(inputs, gt_labels, token_ids)
        if mode == "predict":
            return self.predict(inputs, gt_labels, token_ids, caption_counts)
        return self.encode_image(inputs)

    @abstractmethod
    def loss(self, inputs: Tensor, gt_labels: Tensor, token_ids: Tensor) -> dict[str, Tensor]:
        """Compute this rank's losses of one training batch, see :mod:`iclip.distributed`.

        Args:
            inputs: Normalized images, (B_c + B_p, 3, H, W), labelled ones first.
            gt_labels: (B_c,) int64, on the CPU.
            token_ids: (B_p, L) int64.

        Returns:
            Scalars by name, such as ``loss_cls``; mmengine sums those with ``loss`` in their name.
        """

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
