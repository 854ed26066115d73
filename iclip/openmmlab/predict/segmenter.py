"""A trained segmentation model: a class per pixel of images."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.structures import PixelData
from torch import Tensor, nn

from iclip.openmmlab.class_names import class_names
from iclip.openmmlab.predict.input_pipeline import image_input, image_steps
from iclip.openmmlab.predict.network import Network
from iclip.openmmlab.predict.pictures import Image, draw, resize_for_viewing, resize_masks
from iclip.predictions.masks import encode
from iclip.predictions.prediction import Prediction
from iclip.tasks import SEGMENTATION
from iclip.words import ClassEmbeddings

MASK_OPACITY = 0.6


class Segmenter:
    """Predicts a class per pixel; takes the arguments of :class:`.detector.Detector`.

    Attributes:
        classes: Names of the classes.
    """

    takes_videos = False

    def __init__(
        self,
        cfg: Config,
        weights: Mapping[str, Tensor],
        meta: Mapping[str, Any],
        device: str,
        place: object,
    ) -> None:
        from mmseg.visualization import SegLocalVisualizer

        heads = cfg.model.decode_head
        head: Any = heads[-1] if isinstance(heads, list | tuple) else heads
        # A head by words may be tested on other classes than it was trained on.
        count = (head.get("tested_classes") or head)["num_classes"]
        self.classes = tuple(class_names(cfg, count, meta))
        steps = image_steps(cfg.test_dataloader.dataset.pipeline)
        self._network = Network(cfg, weights, steps, device, place)
        self._place = place
        self._visualizer = SegLocalVisualizer(alpha=MASK_OPACITY)
        self._name_in_pictures(_palette(cfg, meta, count))

    def set_classes(self, embeddings: ClassEmbeddings) -> None:
        """Predict other classes from now on.

        Raises:
            ValueError: The model has no classifier by words, or they are of another joint space.
        """
        heads = self._network.model.decode_head
        head: Any = heads[-1] if isinstance(heads, nn.ModuleList) else heads
        if not hasattr(head, "set_classes"):
            raise ValueError(
                f"{self._place}: its decode head, {type(head).__name__}, knows no classes but "
                "those that it was trained on. Train one by words: "
                "downstream/ade20k_maskformer_text_160k.py, or iclip finetune segmentation "
                "--classifier text"
            )
        head.set_classes(embeddings)
        self.classes = embeddings.names
        self._name_in_pictures(_distinct_colors(len(self.classes)))

    def predict(self, images: Sequence[Image]) -> list[Prediction]:
        """Segment images, each (H, W, 3), BGR."""
        samples = self._network([image_input(image) for image in images])
        return [
            self._prediction(sample.pred_sem_seg.data[0].cpu().numpy())  # 1, H, W -> H, W
            for sample in samples
        ]

    def draw(self, image: Image, prediction: Prediction) -> Image:
        """Draw a prediction over its image (H, W, 3), BGR, beside the image; RGB."""
        from mmseg.structures import SegDataSample

        _, shown = resize_for_viewing(image)
        assert prediction.label_map is not None
        labels = torch.from_numpy(prediction.label_map)[None]  # H, W -> 1, H, W
        sample = SegDataSample()
        sample.pred_sem_seg = PixelData(data=resize_masks(labels, shown))
        overlay = draw(self._visualizer, shown, sample)
        # Side by side, the image (BGR -> RGB) and the image under its labels.
        return np.concatenate([shown[..., ::-1], overlay], axis=1)

    def _name_in_pictures(self, palette: list[list[int]]) -> None:
        self._visualizer.set_dataset_meta(list(self.classes), palette)

    def _prediction(self, label_map: Any) -> Prediction:
        """Return the classes that have pixels, the largest first."""
        found, counts = np.unique(label_map, return_counts=True)
        order = sorted(zip(counts.tolist(), found.tolist(), strict=True), reverse=True)
        labels = [label for _, label in order if label < len(self.classes)]
        height, width = label_map.shape
        return Prediction(
            SEGMENTATION,
            self.classes,
            np.array(labels, dtype=np.int64),
            runs=encode(label_map == label for label in labels),
            size=(width, height),
        )


def _palette(cfg: Config, meta: Mapping[str, Any], count: int) -> list[list[int]]:
    """Return the data set's colors, or colors that are easy to tell apart."""
    metainfo = cfg.test_dataloader.dataset.get("metainfo") or {}
    palette = metainfo.get("palette") or (meta.get("dataset_meta") or {}).get("palette")
    if palette is not None and len(palette) == count:
        return [list(color) for color in palette]
    return _distinct_colors(count)


def _distinct_colors(count: int) -> list[list[int]]:
    # Multiples of odd numbers modulo 256 repeat only after 256 classes.
    return [[53 * i % 256, 97 * i % 256, 201 * i % 256] for i in range(count)]
