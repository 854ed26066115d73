"""The box head whose classes are words."""

from collections.abc import Iterable
from typing import Any

import torch
from mmdet.models.roi_heads.bbox_heads import Shared2FCBBoxHead
from torch import Tensor

from iclip.registry import MODELS
from iclip.words import ClassEmbeddings, TextClassifier


@MODELS.register_module()
class TextBBoxHead(Shared2FCBBoxHead):
    """mmdet's head of two shared layers, with a :class:`~iclip.words.TextClassifier`.

    Boxes are predicted once for all classes, so that a class that no training knew has boxes, too.
    In training, the softmax is over the classes that have boxes in the training data and the
    background: the others would be learnt as what an object never is. That is a training on those
    classes alone, while labels stay those of the whole list.

    Args:
        cls_predictor_cfg: The classifier's settings, with ``background=True``.
        reg_class_agnostic: True: the one way in which boxes of new classes are known.
        untrained: Labels of the classes that have no boxes in the training data.
        **kwargs: See mmdet's ``Shared2FCBBoxHead``.

    Attributes:
        trained: Buffer (N,), bool: which classes have boxes in the training data.

    Raises:
        ValueError: The classifier has no background, or boxes are per class.
    """

    trained: Tensor

    def __init__(
        self,
        *args: Any,
        cls_predictor_cfg: Any,
        reg_class_agnostic: bool = True,
        untrained: Iterable[int] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(
            *args,
            cls_predictor_cfg=cls_predictor_cfg,
            reg_class_agnostic=reg_class_agnostic,
            **kwargs,
        )
        if not isinstance(self.fc_cls, TextClassifier) or self.fc_cls.background is None:
            raise ValueError(
                f"TextBBoxHead.cls_predictor_cfg is {dict(cls_predictor_cfg)}; it takes "
                "dict(type='iclip.TextClassifier', background=True, ...)"
            )
        if not reg_class_agnostic:
            raise ValueError(
                "TextBBoxHead.reg_class_agnostic is False: a class that is added by words has no "
                "boxes of its own; leave it True"
            )
        self.register_buffer("trained", torch.ones(self.num_classes, dtype=torch.bool))
        self.mark_trained({*range(self.num_classes)} - {*untrained})

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Compute logits and boxes of regions.

        Args:
            x: The regions' maps, (R, C, 7, 7).

        Returns:
            Logits (R, N + 1), the background last; in training, -inf for classes that are not
            trained. And what mmdet's coder makes boxes of, (R, 4).
        """
        logits, boxes = super().forward(x)
        if self.training:
            untrained = torch.cat([~self.trained, self.trained.new_zeros(1)])  # N + 1
            logits = logits.masked_fill(untrained, -torch.inf)
        return logits, boxes

    def mark_trained(self, labels: Iterable[int]) -> None:
        """State which classes have boxes in the training data."""
        self.trained.zero_()
        self.trained[list(labels)] = True

    def set_classes(self, embeddings: ClassEmbeddings) -> None:
        """Take another vocabulary, of which no class counts as trained.

        Raises:
            ValueError: It was embedded by a text tower of another joint space.
        """
        self.fc_cls.set_classes(embeddings)
        self.num_classes = len(embeddings)
        self.trained = self.trained.new_zeros(self.num_classes)
