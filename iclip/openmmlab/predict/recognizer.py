"""A trained video classifier: the classes of whole videos."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from iclip.openmmlab.predict.framework_predictor import FrameworkPredictor
from iclip.openmmlab.predict.input_pipeline import video_input, video_steps
from iclip.openmmlab.predict.network import StoredModel
from iclip.openmmlab.predict.pictures import Image
from iclip.openmmlab.video.contact_sheet import draw_contact_sheet, evenly_spaced_frames
from iclip.predictions.prediction import Prediction
from iclip.predictions.records import RECORDED_CLASSES
from iclip.tasks import VIDEO


class Recognizer(FrameworkPredictor):
    """Predicts the classes of a video.

    As mmaction's inferencer does, it takes one clip and its central crop, not the several views of
    testing.
    """

    takes_videos = True
    by_words = ("downstream/k400_video_swin_text_30e.py", VIDEO)

    def __init__(self, stored: StoredModel) -> None:
        import iclip.openmmlab.video.frames
        import iclip.openmmlab.video.swin
        import iclip.openmmlab.video.text_head  # noqa: F401  (registers backbone and head)

        pipeline = stored.cfg.test_dataloader.dataset.pipeline
        one_clip = stored.cfg.model.type.rpartition(".")[2] == "Recognizer3D"
        super().__init__(stored, video_steps(pipeline, one_clip))

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

    def _head(self) -> Any:
        return self._network.model.cls_head

    def _prediction(self, scores: Tensor) -> Prediction:
        """Order all classes, the likeliest first; scores are (classes,)."""
        values, labels = scores.float().cpu().sort(descending=True, stable=True)
        return Prediction(VIDEO, self.classes, labels.numpy().astype(np.int64), values.numpy())
