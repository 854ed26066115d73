"""A segmenter that knows its classes by their words, and was never trained to segment."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F
from torchvision.transforms import InterpolationMode, functional

from iclip.dense.input_size import input_size, short_side
from iclip.dense.map_tower import map_model, temperature
from iclip.dense.word_map import WordMap, joined_background, word_map
from iclip.dense.word_picture import BACKGROUND, draw_word_picture
from iclip.evaluation.finite import check_finite
from iclip.evaluation.ranking import NO_CLASS
from iclip.predictions.masks import encode
from iclip.predictions.prediction import Prediction
from iclip.tasks import SEGMENTATION
from iclip.words import ClassEmbeddings
from iclip.zeroshot.embedding_model import ImageTextEmbedder, encode_if_it_fits, no_room
from iclip.zeroshot.transform import EvaluationTransform

Pixels = npt.NDArray[np.uint8]


class WordSegmenter:
    """Predicts a word per pixel; takes images as the trained segmenter does.

    Args:
        model: A model of images and texts whose image tower is a Swin.
        words: The words, embedded by the model's text tower; two at least, or one and a background.
        background: What else there may be, embedded in the same way.
        image_size: Shorter side of the images in pixels; None: see
            :mod:`iclip.dense.input_size`.
        odds: How many times likelier than the next a pixel's word must be to be told, 1 or more.

    Attributes:
        classes: Names of the labels: the words, and ``background`` if there is one.
        words: Names of the words.
        image_size: Shorter side of the images in pixels, before both sides are rounded.
        stride: Pixels between neighboring positions of the map.

    Raises:
        ValueError: The model has no map of embeddings, or a setting is out of its range.
    """

    takes_videos = False

    def __init__(
        self,
        model: ImageTextEmbedder,
        words: ClassEmbeddings,
        background: ClassEmbeddings | None = None,
        image_size: int | None = None,
        odds: float = 2.0,
    ) -> None:
        if not odds >= 1:
            raise ValueError(f"--odds is {odds}; it takes a number from 1 up")
        self.words = words.names
        _check_words(self.words, background is not None)
        self.classes = (*self.words, *([BACKGROUND] if background else []))
        self._class_embeds = torch.cat([part.embeds for part in (words, background) if part])
        self._model, tower = map_model(model)
        if not isinstance(model.transform, EvaluationTransform):
            raise ValueError(
                f"MODEL {model.name} is made for images that are resized in another way than the "
                "hub's, and its map cannot be laid over the image"
            )
        self._transform = model.transform
        self._scale = temperature(model)
        self._odds = odds
        self.stride = tower.stride
        self.image_size = short_side(model.image_size, image_size)

    def predict(self, images: Sequence[Pixels]) -> list[Prediction]:
        """Segment images, each (H, W, 3), BGR."""
        return [self._prediction(self.word_map(image)) for image in images]

    def draw(self, image: Pixels, prediction: Prediction) -> Pixels:
        """Draw a prediction beside its image (H, W, 3), BGR, with the words' shares; RGB."""
        return draw_word_picture(np.ascontiguousarray(image[..., ::-1]), prediction)

    def word_map(self, image: Pixels) -> WordMap:
        """Find the likeliest label of each pixel of an image (H, W, 3), BGR.

        Raises:
            ValueError: The image is too narrow, the memory does not hold it, or its embeddings are
                not finite.
        """
        logits = self._scale * self.cosines(image)
        return word_map(joined_background(logits, len(self.words)), *image.shape[:2])

    def cosines(self, image: Pixels) -> Tensor:
        """Compare each position of the map with each word, the background's last: (N, h, w).

        Args:
            image: (H, W, 3), BGR.

        Raises:
            ValueError: See :meth:`word_map`.
        """
        embeds = encode_if_it_fits(self._model.encode_images, self._normalized(image)[None])
        if embeds is None:
            raise ValueError(
                f"{no_room(self._model.name, 'image')}, or take a smaller --image-size than "
                f"{self.image_size}"
            )
        check_finite(embeds, "maps of embeddings")
        positions = F.normalize(embeds[0], dim=0)  # D, h, w
        return (self._class_embeds @ positions.flatten(1)).unflatten(1, positions.shape[1:])

    def _normalized(self, image: Pixels) -> Tensor:
        """Resize an image (H, W, 3), BGR, and normalize it: (3, h, w)."""
        height, width = image.shape[:2]
        width, height = input_size(width, height, self.image_size, self.stride)
        pixels = Image.fromarray(np.ascontiguousarray(image[..., ::-1]))
        resized = functional.resize(pixels, [height, width], InterpolationMode.BICUBIC)
        mean, std = list(self._transform.mean), list(self._transform.std)
        return functional.normalize(functional.to_tensor(resized), mean, std)

    def _prediction(self, found: WordMap) -> Prediction:
        """Return the labels that have pixels, the largest first."""
        labels = found.sure(self._odds)
        present, counts = np.unique(labels[labels != NO_CLASS], return_counts=True)
        order = present[np.argsort(-counts, kind="stable")]
        return Prediction(
            SEGMENTATION,
            self.classes,
            order.astype(np.int64),
            runs=encode(labels == label for label in order),
            size=(labels.shape[1], labels.shape[0]),
        )


def _check_words(words: Sequence[str], has_background: bool) -> None:
    if len(words) == 1 and not has_background:
        raise ValueError(
            f"--words names {words[0]!r} alone, which every pixel would be. Name other words, or "
            "say what else there may be with --background"
        )
    if has_background and BACKGROUND in words:
        raise ValueError(
            f"--words holds {BACKGROUND!r}, which is what the words of --background are shown as; "
            "leave one of the two out"
        )
