"""A fine-tuned classifier of images: the hub's own model, which no framework is needed for."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from iclip.checkpoints import load_model_weights
from iclip.datasets.readers.video_files import Frame
from iclip.predictions import Prediction
from iclip.predictions.class_sheet import draw_class_sheet
from iclip.predictions.records import RECORDED_CLASSES
from iclip.registry import MODELS, TRANSFORMS, check_types
from iclip.settings import get_setting, plain_values
from iclip.tasks import CLASSIFICATION
from iclip.words import ClassEmbeddings, check_several

# The transform of validation, which cuts out the center.
_TRANSFORM = "ResizeCenterCrop"
_LOADERS = ("test_dataloader", "val_dataloader")


class Classifier:
    """Predicts the class of an image.

    Args:
        config: The resolved config, plain values; only what it says of the model and of the
            validation's transform is used, and types of the hub alone are built.
        weights: All of the model's tensors by name.
        classes: Names of the classes; None: they are numbered.
        device: ``cpu`` or ``cuda``.
        place: The weights' file, for messages.

    Attributes:
        classes: Names of the classes, in the order of labels.

    Raises:
        ValueError: The config names what a file may not, or the weights do not fit its model.
    """

    takes_videos = False

    def __init__(
        self,
        config: Mapping[str, Any],
        weights: Mapping[str, Tensor],
        classes: Sequence[str] | None,
        device: str,
        place: object,
    ) -> None:
        self._place = place
        model, transform = described_classifier(config, place)
        self._transform = TRANSFORMS.build(transform)
        self._model = MODELS.build(model)
        try:
            load_model_weights(self._model, weights)
        except ValueError as error:
            raise ValueError(f"{place} does not fit the config: {error}") from error
        self._model.to(device).eval()
        count = int(model["num_classes"])
        self.classes = tuple(classes or (f"class {number}" for number in range(count)))

    def predict(self, images: Sequence[Frame]) -> list[Prediction]:
        """Classify images, each (H, W, 3), BGR; all classes come, the likeliest first."""
        # BGR -> RGB; H, W, 3 -> 3, size, size
        pixels = torch.stack([self._transform.of_pixels(image[..., ::-1]) for image in images])
        return [
            self._prediction(image, scores)
            for image, scores in zip(images, self._model.classify(pixels), strict=True)
        ]

    def set_classes(self, embeddings: ClassEmbeddings) -> None:
        """Take other classes.

        Raises:
            ValueError: The model has no classifier by words, the classes are of another joint
                space, or there is only one.
        """
        classifier = self._model.classifier
        if not hasattr(classifier, "set_classes"):
            raise ValueError(
                f"{self._place}: its classifier is linear, and knows no classes but those that it "
                "was trained on. Train one by words: iclip finetune classification --classifier "
                "text"
            )
        check_several(embeddings)
        classifier.set_classes(embeddings)
        self.classes = embeddings.names

    def draw(self, image: Frame, prediction: Prediction) -> Frame:
        """Draw an image (H, W, 3), BGR, above its likeliest classes; RGB."""
        shown = prediction.best(RECORDED_CLASSES)
        assert shown.scores is not None
        return draw_class_sheet([image[..., ::-1]], shown.names, shown.scores.tolist())

    def _prediction(self, image: Frame, scores: Tensor) -> Prediction:
        values, labels = scores.sort(descending=True, stable=True)
        height, width = image.shape[:2]
        return Prediction(
            CLASSIFICATION,
            self.classes,
            labels.numpy().astype(np.int64),
            values.numpy(),
            size=(width, height),
        )


def described_classifier(
    config: Mapping[str, Any], place: object
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a file says of a classifier, checked: its model, and its test transform.

    Args:
        config: The resolved config, plain values.
        place: Where it was read, for messages.

    Raises:
        ValueError: It names types of others than the hub, or another transform.
    """
    model = plain_values(config.get("model") or {})
    check_types(model, f"{place}: model")
    if not isinstance(model.get("backbone"), dict) or not isinstance(model.get("num_classes"), int):
        raise ValueError(f"{place}: model has no backbone, or no num_classes")
    # The file's own weights come after them.
    model["backbone"]["checkpoint"] = None
    if isinstance(model.get("classifier"), dict):
        model["classifier"] |= dict.fromkeys(("checkpoint", "class_texts", "class_embeddings"))
    stated = [get_setting(config, f"{loader}.dataset.image_transform") for loader in _LOADERS]
    transform = next((entry for entry in stated if isinstance(entry, Mapping)), {})
    if str(transform.get("type")).removeprefix("iclip.") != _TRANSFORM:
        raise ValueError(
            f"{place}: test_dataloader.dataset.image_transform is {dict(transform)}; prediction "
            f"takes {_TRANSFORM}(size, resize)"
        )
    return model, plain_values(transform)
