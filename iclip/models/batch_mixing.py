"""Random erasing, mixup and CutMix of a training batch, and its smoothed labels, as timm has them.

They draw from the global generators, which a hook seeds before each iteration.
"""

from timm.data.mixup import Mixup, mixup_target
from timm.data.random_erasing import RandomErasing
from torch import Tensor


class BatchMixing:
    """Change the images of a batch, and give each the share of every class in it.

    Args:
        num_classes: Number of classes N.
        mixup_alpha: Mixup (arXiv:1710.09412) adds two images with shares drawn from
            Beta(alpha, alpha); 0: no mixup.
        cutmix_alpha: CutMix (arXiv:1905.04899) puts a rectangle of one image into another; its area
            is drawn as the share is for mixup; 0: no CutMix.
        cutmix_share: Share of the batches with CutMix, where both are on.
        label_smoothing: Share of a label that is spread evenly over all classes.
        erase_share: Share of the images of which a rectangle is replaced by noise
            (arXiv:1708.04896).

    Raises:
        ValueError: A setting is outside its range.
    """

    def __init__(
        self,
        num_classes: int,
        mixup_alpha: float = 0.0,
        cutmix_alpha: float = 0.0,
        cutmix_share: float = 0.5,
        label_smoothing: float = 0.0,
        erase_share: float = 0.0,
    ) -> None:
        for name, value in (("mixup_alpha", mixup_alpha), ("cutmix_alpha", cutmix_alpha)):
            if not value >= 0:
                raise ValueError(f"mixing.{name} is {value}; it takes a number from 0 up")
        shares = {
            "cutmix_share": cutmix_share,
            "label_smoothing": label_smoothing,
            "erase_share": erase_share,
        }
        for name, value in shares.items():
            if not 0 <= value <= 1:
                raise ValueError(f"mixing.{name} is {value}; it takes a share from 0 to 1")
        self.num_classes, self.label_smoothing = num_classes, label_smoothing
        self.erase_share = erase_share
        self.mixup = None
        # timm's Mixup refuses to be asked for neither.
        if mixup_alpha or cutmix_alpha:
            self.mixup = Mixup(
                mixup_alpha,
                cutmix_alpha,
                switch_prob=cutmix_share,
                label_smoothing=label_smoothing,
                num_classes=num_classes,
            )

    def __call__(self, inputs: Tensor, gt_labels: Tensor) -> tuple[Tensor, Tensor]:
        """Mix a batch: its first image with its last one, and so on.

        timm mixes an even number of images; of an odd number, the last one stays as it is.

        Args:
            inputs: Normalized images, (B, 3, H, W); they are not changed.
            gt_labels: (B,) int64 in [0, N).

        Returns:
            The mixed images, and the share of each class in them, float32 (B, N), on the device of
            the labels.
        """
        targets = mixup_target(gt_labels, self.num_classes, 1.0, self.label_smoothing)
        if self.erase_share or self.mixup is not None:
            inputs = inputs.clone()
        if self.erase_share:
            device = str(inputs.device)
            RandomErasing(self.erase_share, mode="pixel", max_count=1, device=device)(inputs)
        even = len(inputs) // 2 * 2
        if self.mixup is not None and even:
            # timm mixes these rows of `inputs` in place.
            _, targets[:even] = self.mixup(inputs[:even], gt_labels[:even])
        return inputs, targets
