"""A head of video classification whose classifier is a setting, such as one that knows words."""

from collections.abc import Mapping
from typing import Any

from mmaction.models.heads.i3d_head import I3DHead

from iclip.registry import MODELS, own_type
from iclip.words import ClassEmbeddings, TextClassifier


@MODELS.register_module()
class VideoTextHead(I3DHead):
    """mmaction's ``I3DHead``, whose linear layer is a classifier by words.

    Its mean over time and place is linear, and so is the projection into the joint space: with the
    projection of pre-training (``projection="pretrained"``), a still video has the image's
    embedding before any training.

    Args:
        num_classes: Number of classes N.
        in_channels: Channels C of the map.
        classifier: Settings of :class:`iclip.words.TextClassifier`; its ``in_features`` and
            ``out_features`` follow from the two.
        **kwargs: See mmaction's ``I3DHead``.

    Raises:
        ValueError: ``classifier`` names another kind of classifier, or a background, which clips
            do not have.
    """

    fc_cls: TextClassifier

    def __init__(
        self, num_classes: int, in_channels: int, classifier: Mapping[str, Any], **kwargs: Any
    ) -> None:
        super().__init__(num_classes, in_channels, **kwargs)
        is_text = own_type(MODELS, classifier.get("type")) is TextClassifier
        if not is_text or classifier.get("background"):
            raise ValueError(
                f"VideoTextHead.classifier is {dict(classifier)}: it takes "
                'type="iclip.TextClassifier" without a background. I3DHead has a linear layer'
            )
        self.fc_cls = MODELS.build(
            dict(classifier, in_features=in_channels, out_features=num_classes)
        )

    def init_weights(self) -> None:
        """Load the classifier's start; mmaction's head would overwrite it with random numbers.

        Raises:
            FileNotFoundError: A file that the classifier's settings name does not exist.
            ValueError: A file does not fit.
        """
        self.fc_cls.init_weights()

    def set_classes(self, embeddings: ClassEmbeddings) -> None:
        """Take another vocabulary.

        Raises:
            ValueError: It is of another joint space.
        """
        self.fc_cls.set_classes(embeddings)
        self.num_classes = len(embeddings)
