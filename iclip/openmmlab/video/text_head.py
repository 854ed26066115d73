"""The head of video classification whose classes are words."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from mmaction.models.heads.i3d_head import I3DHead
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor

from iclip.registry import HOOKS, MODELS, own_type
from iclip.words import ClassEmbeddings, TextClassifier


@MODELS.register_module()
class VideoTextHead(I3DHead):
    """mmaction's ``I3DHead``, whose linear layer is a classifier by words.

    Its mean over time and place is linear, and so is the projection into the joint space: with the
    projection of pre-training (``projection="pretrained"``), a still video has the image's
    embedding before any training.

    In training, the softmax is over the classes that have clips in the training data: the others
    would be learnt as what a clip never is. Labels stay those of the whole list.

    Args:
        num_classes: Number of classes N.
        in_channels: Channels C of the map.
        classifier: Settings of :class:`iclip.words.TextClassifier`; its ``in_features`` and
            ``out_features`` follow from the two.
        **kwargs: See mmaction's ``I3DHead``.

    Attributes:
        trained: Buffer (N,), bool: which classes have clips in the training data. At first, all.

    Raises:
        ValueError: ``classifier`` names another kind of classifier, or a background, which clips
            do not have.
    """

    fc_cls: TextClassifier
    trained: Tensor

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
        self.register_buffer("trained", torch.ones(num_classes, dtype=torch.bool))

    def forward(self, x: Tensor, **kwargs: Any) -> Tensor:
        """Map features (B, C, T, H, W) to logits (B, N); in training, of no weight if untrained.

        Args:
            x: The features.
            **kwargs: What mmaction hands to every head; not read.
        """
        logits = super().forward(x, **kwargs)
        if not self.training:
            return logits
        # Not -inf: of mixed clips, the loss multiplies each class's logarithm by its share, 0.
        return logits.masked_fill(~self.trained, torch.finfo(logits.dtype).min)

    def mark_trained(self, labels: Iterable[int]) -> None:
        """State which classes have clips in the training data.

        Raises:
            ValueError: Some have none, and the labels are smoothed over all classes.
        """
        self.trained.zero_()
        self.trained[list(labels)] = True
        if self.label_smooth_eps and not self.trained.all():
            raise ValueError(
                f"VideoTextHead.label_smooth_eps is {self.label_smooth_eps}, which gives a part of "
                "each label to every class, and only "
                f"{int(self.trained.sum())} of {len(self.trained)} classes are trained; set 0"
            )

    def init_weights(self) -> None:
        """Load the classifier's start; mmaction's head would overwrite it with random numbers.

        Raises:
            FileNotFoundError: A file that the classifier's settings name does not exist.
            ValueError: A file does not fit.
        """
        self.fc_cls.init_weights()

    def set_classes(self, embeddings: ClassEmbeddings) -> None:
        """Take another vocabulary, of which no class counts as trained.

        Raises:
            ValueError: It is of another joint space.
        """
        self.fc_cls.set_classes(embeddings)
        self.num_classes = len(embeddings)
        self.trained = self.trained.new_zeros(self.num_classes)


@HOOKS.register_module()
class MarkClassesOfClips(Hook):
    """Tell the model's heads by words which classes have clips in the training data."""

    def before_train(self, runner: Runner) -> None:
        """Read the labels of the training's list."""
        dataset: Any = runner.train_dataloader.dataset
        labels = {int(dataset.get_data_info(place)["label"]) for place in range(len(dataset))}
        for module in runner.model.modules():
            if isinstance(module, VideoTextHead):
                module.mark_trained(labels)
