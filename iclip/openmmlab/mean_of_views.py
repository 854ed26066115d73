"""A segmenter that averages its class scores over several views of an image."""

from collections.abc import Sequence
from typing import Any

from mmengine.model import BaseTTAModel
from mmengine.structures import PixelData

from iclip.registry import MODELS


@MODELS.register_module()
class MeanOfViews(BaseTTAModel):
    """Average probabilities of classes over the views of an image, as mmseg's ``SegTTAModel``.

    That class leaves the scores of the last view beside the labels of the mean, from which metrics
    would take ties, and applies the sigmoid of a single class twice.

    Args:
        module: The segmenter, or its config.
        data_preprocessor: See ``BaseTTAModel``.
    """

    def merge_preds(self, data_samples_list: Sequence[Sequence[Any]]) -> list[Any]:
        """Return each image's first view with the mean's ``seg_logits`` and ``pred_sem_seg``.

        Args:
            data_samples_list: The views of each image, mirrored back and of its size.
        """
        return [self._merged(views) for views in data_samples_list]

    def _merged(self, views: Sequence[Any]) -> Any:
        several = self.module.out_channels > 1
        # classes, H, W; of a single class, mmseg gives its probability.
        scores = [view.seg_logits.data for view in views]
        mean = sum(s.softmax(dim=0) if several else s for s in scores) / len(scores)
        if several:
            predicted = mean.argmax(dim=0, keepdim=True)  # 1, H, W
        else:
            predicted = (mean > self.module.decode_head.threshold).to(mean)
        merged = views[0]
        merged.set_data(
            dict(seg_logits=PixelData(data=mean), pred_sem_seg=PixelData(data=predicted))
        )
        return merged
