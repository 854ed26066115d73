"""A trained video classifier: the classes of whole videos."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from mmengine.config import Config
from torch import Tensor

from iclip.openmmlab.class_names import class_names
from iclip.openmmlab.predict.input_pipeline import video_input, video_steps
from iclip.openmmlab.predict.network import Network, number_of_classes
from iclip.openmmlab.predict.pictures import Image
from iclip.openmmlab.video.contact_sheet import draw_contact_sheet, evenly_spaced_frames
from iclip.predictions.prediction import Prediction
from iclip.predictions.records import RECORDED_CLASSES
from iclip.tasks import VIDEO

if TYPE_CHECKING:
    from iclip.words import ClassEmbeddings


class Recognizer:
    """Predicts the classes of a video; takes the arguments of :class:`.detector.Detector`.

    As mmaction's inferencer does, it takes one clip and its central crop, not the several views of
    testing.

    Attributes:
        classes: Names of the classes.
    """

    takes_videos = True

    def __init__(
        self,
        cfg: Config,
        weights: Mapping[str, Tensor],
        meta: Mapping[str, Any],
        device: str,
        place: object,
    ) -> None:
        import iclip.openmmlab.video.frames
        import iclip.openmmlab.video.swin
        import iclip.openmmlab.video.text_head  # noqa: F401  (registers backbone and head)

        self._place = place
        pipeline = cfg.test_dataloader.dataset.pipeline
        steps = video_steps(pipeline, cfg.model.type.rpartition(".")[2] == "Recognizer3D")
        self._network = Network(cfg, weights, steps, device, place)
        self.classes = tuple(class_names(cfg, number_of_classes(self._network.model), meta))

    def set_classes(self, embeddings: "ClassEmbeddings") -> None:
        """Predict other classes from now on.

        Raises:
            ValueError: The model has no classifier by words, or they are of another joint space.
        """
        head = self._network.model.cls_head
        if not hasattr(head, "set_classes"):
            raise ValueError(
                f"{self._place}: its classifier, {type(head).__name__}'s, knows no classes but "
                "those that it was trained on. Train one by words: "
                "downstream/k400_video_swin_text_30e.py, or iclip finetune video --classifier text"
            )
        head.set_classes(embeddings)
        self.classes = embeddings.names

    def predict(self, videos: Sequence[Path]) -> list[Prediction]:
        """Recognize what happens in video files.

        Raises:
            ValueError: A video cannot be decoded to its end.
            OSError: A file cannot be read.
        """
        for path in videos:
            # The model reads a part of the video and may not notice that the rest is broken.
            evenly_spaced_frames(path, 1)
        samples = self._network([video_input(path) for path in videos])
        return [self._prediction(sample.pred_score) for sample in samples]

    def draw(self, video: Path, prediction: Prediction) -> Image:
        """Draw frames of a video above its likeliest classes; RGB."""
        shown = prediction.best(RECORDED_CLASSES)
        assert shown.scores is not None
        return draw_contact_sheet(video, shown.names, shown.scores.tolist())

    def _prediction(self, scores: Tensor) -> Prediction:
        """Order all classes, the likeliest first; scores are (classes,)."""
        values, labels = scores.float().cpu().sort(descending=True, stable=True)
        return Prediction(VIDEO, self.classes, labels.numpy().astype(np.int64), values.numpy())
