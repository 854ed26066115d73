"""CLIP: image-text pairs alone."""

from torch import Tensor

from iclip.models.methods.two_towers import TwoTowers
from iclip.registry import MODELS


@MODELS.register_module()
class CLIP(TwoTowers):
    """Contrasts image-text pairs (arXiv:2103.00020); labelled images are not used."""

    def check_batch(self, gt_labels: Tensor, token_ids: Tensor) -> None:
        """Refuse labelled images.

        Raises:
            ValueError: The batch holds labelled images.
        """
        if len(gt_labels):
            raise ValueError(
                f"CLIP does not use the {len(gt_labels)} labelled images of this batch: set "
                "train_dataloader.batch_sampler.ratio=(0, 1), or take ICLIP"
            )
