"""A trained detector: boxes, masks or panoptic segments of images."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmengine.structures import InstanceData, PixelData
from torch import Tensor

from iclip.evaluation.category_groups import same_name
from iclip.openmmlab.predict.framework_predictor import FrameworkPredictor
from iclip.openmmlab.predict.input_pipeline import image_input, image_steps
from iclip.openmmlab.predict.network import StoredModel
from iclip.openmmlab.predict.pictures import Image, draw, resize_for_viewing, resize_masks
from iclip.predictions.masks import encode
from iclip.predictions.prediction import Prediction
from iclip.tasks import DETECTION
from iclip.words import ClassEmbeddings

# mmdet's panoptic label is the class plus this factor times the number of the instance.
PANOPTIC_OFFSET = 1000


class Detector(FrameworkPredictor):
    """Predicts boxes, masks or panoptic segments of an image."""

    by_words = ("downstream/lvis_frcnn_text_2x.py", DETECTION)
    shares_of_words = False

    def __init__(self, stored: StoredModel) -> None:
        from mmdet.visualization import DetLocalVisualizer

        import iclip.openmmlab.text_detection  # noqa: F401  (registers heads by words)

        super().__init__(stored, image_steps(stored.cfg.test_dataloader.dataset.pipeline))
        self._visualizer = DetLocalVisualizer()
        head = self._head()
        marks = head.trained.tolist() if hasattr(head, "set_classes") else ()
        self._trained = {
            same_name(name) for name, marked in zip(self.classes, marks, strict=False) if marked
        }

    def predict(self, images: Sequence[Image]) -> list[Prediction]:
        """Detect on images, each (H, W, 3), BGR; boxes come with any score."""
        samples = self._network([image_input(image) for image in images])
        return [
            self._prediction(image, sample) for image, sample in zip(images, samples, strict=True)
        ]

    def draw(self, image: Image, prediction: Prediction) -> Image:
        """Draw a prediction over its image (H, W, 3), BGR; return the picture, RGB."""
        from mmdet.structures import DetDataSample

        self._visualizer.dataset_meta = {"classes": self.classes, "palette": "random"}
        factor, shown = resize_for_viewing(image)
        sample = DetDataSample()
        if prediction.boxes is None:
            if not len(prediction):  # mmdet's drawing fails without segments
                return shown[..., ::-1]  # BGR -> RGB
            segments = resize_masks(self._panoptic_map(prediction), shown)
            sample.pred_panoptic_seg = PixelData(sem_seg=segments)
            return draw(self._visualizer, shown, sample)
        assert prediction.scores is not None
        # The prediction has the image's pixels, the picture those of the enlarged image.
        found = InstanceData(
            bboxes=torch.from_numpy(prediction.boxes) * factor,
            labels=torch.from_numpy(prediction.labels),
            scores=torch.from_numpy(prediction.scores),
        )
        masks = prediction.masks
        if masks is not None:
            found.masks = resize_masks(torch.from_numpy(masks), shown).bool()
        sample.pred_instances = found
        # mmdet would leave out scores up to 0.3.
        return draw(self._visualizer, shown, sample, pred_score_thr=-1)

    def _head(self) -> Any:
        return getattr(getattr(self._network.model, "roi_head", None), "bbox_head", None)

    def _take(self, head: Any, embeddings: ClassEmbeddings) -> None:
        """Give the heads other classes.

        Those that bear the name of a class with boxes in the training data count as trained.
        """
        outer = self._network.model.roi_head
        (outer if hasattr(outer, "set_classes") else head).set_classes(embeddings)
        names = enumerate(embeddings.names)
        head.mark_trained(label for label, name in names if same_name(name) in self._trained)

    def _prediction(self, image: Image, sample: Any) -> Prediction:
        height, width = image.shape[:2]
        size = (width, height)
        if "pred_panoptic_seg" in sample and "pred_instances" not in sample:
            segments = sample.pred_panoptic_seg.sem_seg.cpu().numpy()[0]  # 1, H, W -> H, W
            labels, masks = _segments(segments, len(self.classes))
            return Prediction(DETECTION, self.classes, labels, runs=encode(masks), size=size)
        found = sample.pred_instances.cpu()
        return Prediction(
            DETECTION,
            self.classes,
            found.labels.numpy().astype(np.int64),
            found.scores.float().numpy(),
            found.bboxes.float().numpy().reshape(-1, 4),
            encode(found.masks.numpy()) if "masks" in found else None,
            size,
        )

    def _panoptic_map(self, prediction: Prediction) -> Tensor:
        """Return segments as mmdet numbers them, (1, H, W), and what has none as one class more."""
        assert prediction.size is not None and prediction.masks is not None
        width, height = prediction.size
        segments = torch.full((1, height, width), len(self.classes))
        for number, (label, mask) in enumerate(
            zip(prediction.labels.tolist(), prediction.masks, strict=True), start=1
        ):
            segments[0, torch.from_numpy(mask)] = label + number * PANOPTIC_OFFSET
        return segments


def _segments(segments: Any, count: int) -> tuple[Any, list[Any]]:
    """Return the labels of panoptic segments (H, W) and their masks; what has no class is left."""
    numbers = [number for number in np.unique(segments) if number % PANOPTIC_OFFSET < count]
    labels = np.array([number % PANOPTIC_OFFSET for number in numbers], dtype=np.int64)
    return labels, [segments == number for number in numbers]
