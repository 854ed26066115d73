"""A trained segmentation model: a class per pixel of images."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.structures import PixelData
from torch import nn

from iclip.free_memory import check_memory
from iclip.openmmlab.predict.framework_predictor import FrameworkPredictor
from iclip.openmmlab.predict.input_pipeline import image_input, image_steps
from iclip.openmmlab.predict.network import StoredModel
from iclip.openmmlab.predict.pictures import Image, draw, resize_for_viewing, resize_masks
from iclip.predictions.masks import encode
from iclip.predictions.prediction import Prediction
from iclip.tasks import SEGMENTATION
from iclip.words import ClassEmbeddings

MASK_OPACITY = 0.6
# mmseg keeps the scores of all classes, float32, at the network's size and at the image's.
_COPIES, _SCORE_BYTES = 2, 4


class Segmenter(FrameworkPredictor):
    """Predicts a class per pixel."""

    by_words = ("downstream/ade20k_maskformer_text_160k.py", SEGMENTATION)

    def __init__(self, stored: StoredModel) -> None:
        from mmseg.visualization import SegLocalVisualizer

        super().__init__(stored, image_steps(stored.cfg.test_dataloader.dataset.pipeline))
        self._visualizer = SegLocalVisualizer(alpha=MASK_OPACITY)
        self._palette = _palette(stored, len(self.classes))

    def predict(self, images: Sequence[Image]) -> list[Prediction]:
        """Segment images, each (H, W, 3), BGR.

        Raises:
            ValueError: The scores of all classes would not fit into memory.
        """
        pixels = sum(height * width for height, width, _ in (image.shape for image in images))
        check_memory(
            _COPIES * _SCORE_BYTES * len(self.classes) * pixels,
            f"a score for each of {pixels:,} pixels and {len(self.classes):,} classes",
            "take fewer classes or smaller images",
        )
        samples = self._network([image_input(image) for image in images])
        return [
            self._prediction(sample.pred_sem_seg.data[0].cpu().numpy())  # 1, H, W -> H, W
            for sample in samples
        ]

    def draw(self, image: Image, prediction: Prediction) -> Image:
        """Draw a prediction over its image (H, W, 3), BGR, beside the image; RGB."""
        from mmseg.structures import SegDataSample

        self._visualizer.set_dataset_meta(list(self.classes), self._palette)
        _, shown = resize_for_viewing(image)
        assert prediction.label_map is not None
        labels = torch.from_numpy(prediction.label_map)[None]  # H, W -> 1, H, W
        sample = SegDataSample()
        sample.pred_sem_seg = PixelData(data=resize_masks(labels, shown))
        overlay = draw(self._visualizer, shown, sample)
        # Side by side, the image (BGR -> RGB) and the image under its labels.
        return np.concatenate([shown[..., ::-1], overlay], axis=1)

    def _class_count(self, cfg: Config) -> int:
        heads = cfg.model.decode_head
        head: Any = heads[-1] if isinstance(heads, list | tuple) else heads
        # A head by words may be tested on other classes than it was trained on.
        return int((head.get("tested_classes") or head)["num_classes"])

    def _head(self) -> Any:
        heads = self._network.model.decode_head
        return heads[-1] if isinstance(heads, nn.ModuleList) else heads

    def _take(self, head: Any, embeddings: ClassEmbeddings) -> None:
        super()._take(head, embeddings)
        self._palette = _distinct_colors(len(embeddings))

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


def _palette(stored: StoredModel, count: int) -> list[list[int]]:
    """Return the data set's colors, or colors that are easy to tell apart."""
    metainfo = stored.cfg.test_dataloader.dataset.get("metainfo") or {}
    palette = metainfo.get("palette") or (stored.meta.get("dataset_meta") or {}).get("palette")
    if palette is not None and len(palette) == count:
        return [list(color) for color in palette]
    return _distinct_colors(count)


def _distinct_colors(count: int) -> list[list[int]]:
    # Multiples of odd numbers modulo 256 repeat only after 256 classes; the first is not black.
    return [[53 * i % 256, 97 * i % 256, 201 * i % 256] for i in range(1, count + 1)]
