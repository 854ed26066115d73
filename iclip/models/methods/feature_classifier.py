"""What methods share that classify the pooled features of labelled images, and read no text."""

from typing import Any

from torch import Tensor, nn

from iclip.models.methods.image_method import ImageMethod
from iclip.models.step_rows import BatchEmbeds


class FeatureClassifier(ImageMethod):
    """A classifier on the image tower; subclasses build it and say what its loss is.

    Attributes:
        classifier: Maps pooled features (B, C) to logits (B, N).
        alternative: What else takes pairs, for the message that refuses them.
    """

    classifier: nn.Module
    alternative = ""

    def check_batch(self, gt_labels: Tensor, token_ids: Tensor) -> None:
        """Refuse pairs.

        Raises:
            ValueError: The batch holds image-text pairs.
        """
        if len(token_ids):
            raise ValueError(
                f"{type(self).__name__} does not use the {len(token_ids)} pairs of this batch: set "
                f"train_dataloader.batch_sampler.ratio=(1, 0){self.alternative}"
            )

    def embed(self, inputs: Tensor, num_labelled: int, token_ids: Tensor | None) -> BatchEmbeds:
        """Encode the images as features, (B_c, C)."""
        features = self.encode_features(inputs)
        return BatchEmbeds(features, features[num_labelled:], features[num_labelled:])

    def outputs_from_features(self, features: Tensor) -> dict[str, Any]:
        """Return ``logits`` (B, N) of the classifier."""
        return {"logits": self.classifier(features)}
