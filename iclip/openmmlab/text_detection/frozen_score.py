"""Detection with the score of the frozen pre-trained map beside the detector's own (F-VLM).

arXiv:2209.15639, sections 3.3 and 3.4. The backbone stays as it was pre-trained, so its last map
still lies before the pre-training's projection: a region of it, pooled and projected, is compared
with the classes' embeddings at the pre-training's temperature. At test, a class's probability is
``p_det ** (1 - share) * p_image ** share``, with a larger share for classes without boxes in the
training data. The background's is the detector's own, since the pre-training knows none: its
softmax is over the classes alone. (The authors embed an empty text for the background, replace its
combined score by the detector's, and divide by the sum, as here.)
"""

from collections.abc import Mapping
from typing import Any

import torch
from mmdet.models.detectors import FasterRCNN
from mmdet.models.roi_heads import StandardRoIHead
from torch import Tensor

from iclip.openmmlab.text_detection.box_head import TextBBoxHead
from iclip.registry import MODELS
from iclip.words import ClassEmbeddings


def combined_logits(
    logits: Tensor, image_logits: Tensor, trained: Tensor, trained_share: float, new_share: float
) -> Tensor:
    """Return logits whose softmax are the combined probabilities.

    Args:
        logits: The detector's, (R, N + 1), the background last.
        image_logits: Those of the pre-trained map, (R, N).
        trained: Which classes have boxes in the training data, bool (N,).
        trained_share: Exponent of the map's probability for these, from 0 to 1.
        new_share: The same for the others.
    """
    detected = logits.float().log_softmax(dim=1)
    share = trained.float() * (trained_share - new_share) + new_share  # N
    classes = (1 - share) * detected[:, :-1] + share * image_logits.float().log_softmax(dim=1)
    return torch.cat([classes, detected[:, -1:]], dim=1)


@MODELS.register_module()
class FrozenScoreRoIHead(StandardRoIHead):
    """mmdet's RoI head, which combines both scores at test; see :class:`FrozenScoreRCNN`.

    Args:
        image_roi_extractor: Settings of the extractor of the backbone's last map.
        image_classifier: Settings of a :class:`~iclip.words.TextClassifier` with
            ``projection="pretrained"`` and the classes of the box head; it is not trained.
        trained_share: See :func:`combined_logits`.
        new_share: The same for classes without boxes in the training data.
        **kwargs: See mmdet's ``StandardRoIHead``; the box head is a ``TextBBoxHead``.

    Raises:
        ValueError: A share is not between 0 and 1, or the box head is another.
    """

    def __init__(
        self,
        *args: Any,
        image_roi_extractor: Mapping[str, Any],
        image_classifier: Mapping[str, Any],
        trained_share: float = 0.35,
        new_share: float = 0.65,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, share in (("trained_share", trained_share), ("new_share", new_share)):
            if not 0 <= share <= 1:
                raise ValueError(f"FrozenScoreRoIHead.{name} is {share}; give a share from 0 to 1")
        if not isinstance(self.bbox_head, TextBBoxHead):
            raise ValueError(
                f"FrozenScoreRoIHead.bbox_head is a {type(self.bbox_head).__name__}; it takes an "
                "iclip.TextBBoxHead, which knows what classes are trained"
            )
        self.trained_share, self.new_share = trained_share, new_share
        self.image_roi_extractor = MODELS.build(dict(image_roi_extractor))
        settings = dict(image_classifier, out_features=self.bbox_head.num_classes)
        self.image_classifier = MODELS.build(settings).requires_grad_(False)

    def set_classes(self, embeddings: ClassEmbeddings) -> None:
        """Take another vocabulary, see :meth:`TextBBoxHead.set_classes`."""
        self.bbox_head.set_classes(embeddings)
        self.image_classifier.set_classes(embeddings)

    def _bbox_forward(self, x: tuple[Tensor, ...], rois: Tensor) -> dict[str, Tensor]:
        """Compute logits and boxes of regions, and at test combine the scores.

        Args:
            x: The neck's maps; at test, behind them the backbone's last.
            rois: The regions, (R, 5): index of the image and corners in pixels.
        """
        results: dict[str, Tensor] = super()._bbox_forward(x, rois)
        if not self.training:
            regions = self.image_roi_extractor(x[-1:], rois)  # R, C, 7, 7
            image_logits = self.image_classifier(regions.mean(dim=(2, 3)))
            results["cls_score"] = combined_logits(
                results["cls_score"],
                image_logits,
                self.bbox_head.trained,
                self.trained_share,
                self.new_share,
            )
        return results


@MODELS.register_module()
class FrozenScoreRCNN(FasterRCNN):
    """Faster R-CNN whose RoI head also sees the backbone's last map at test.

    The backbone is to be frozen (``frozen_stages``): a trained one's map is no longer the
    pre-training's.
    """

    def predict(self, batch_inputs: Tensor, batch_data_samples: Any, rescale: bool = True) -> Any:
        """Detect as mmdet's two-stage detectors do."""
        maps = self.backbone(batch_inputs)
        pyramid = self.neck(maps)
        proposals = self.rpn_head.predict(pyramid, batch_data_samples, rescale=False)
        found = self.roi_head.predict(
            (*pyramid, maps[-1]), proposals, batch_data_samples, rescale=rescale
        )
        return self.add_pred_to_datasample(batch_data_samples, found)
