"""CLIP: image-text pairs alone."""

from torch import Tensor

from iclip.models.methods.two_towers import TwoTowers
from iclip.registry import MODELS


@MODELS.register_module()
class CLIP(TwoTowers):
    """Contrasts image-text pairs (arXiv:2103.00020); labelled images are not used."""

    def loss(self, inputs: Tensor, gt_labels: Tensor, token_ids: Tensor) -> dict[str, Tensor]:
        """Compute ``loss_con`` over the global batch's pairs.

        Raises:
            ValueError: The batch holds labelled images.
        """
        if len(gt_labels):
            raise ValueError(
                f"CLIP does not use the {len(gt_labels)} labelled images of this batch: set "
                "train_dataloader.batch_sampler.ratio=(0, 1), or take ICLIP"
            )
        return self._contrastive_loss(self.encode_image(inputs), token_ids)
