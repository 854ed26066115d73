"""Trained detectors, segmenters and recognisers, through the frameworks' own inferencers.

Each turns one image or clip into a picture (H, W, 3) uint8 RGB and a record of plain values. The
frameworks are imported when a predictor is built.
"""

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from mmengine.config import Config
from mmengine.structures import InstanceData, PixelData
from torch.nn import functional as F

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.checkpoints import load_checkpoint, load_model_weights
from iclip.openmmlab.class_names import class_names
from iclip.openmmlab.clip_picture import clip_picture

Image = npt.NDArray[np.uint8]
Prediction = tuple[Image, dict[str, Any]]

# A picture whose shorter side is less is enlarged, so that labels can be read.
READABLE_SIDE = 640
# Of masks over the image.
OPACITY = 0.6
TOP = 5


class Detector:
    """Boxes on an image.

    Args:
        cfg: Config of a detector.
        checkpoint: Its weights.
        device: ``cpu`` or ``cuda``.
        score_threshold: Boxes below it are neither drawn nor recorded.
    """

    def __init__(
        self, cfg: Config, checkpoint: Path, device: str, score_threshold: float = 0.3
    ) -> None:
        from mmdet.apis import DetInferencer

        self.score_threshold = score_threshold
        self._inferencer = _quietly(
            lambda: DetInferencer(model=cfg, device=device, show_progress=False)
        )
        meta = _load(self._inferencer.model, checkpoint)
        self.names = class_names(cfg, cfg.model.roi_head.bbox_head.num_classes, meta)
        self._inferencer.visualizer.dataset_meta = {"classes": self.names, "palette": "random"}

    def __call__(self, image: Image) -> Prediction:
        """Detect on an image (H, W, 3), BGR."""
        (sample,) = self._inferencer(image, return_datasamples=True)["predictions"]
        found = sample.pred_instances.cpu()
        found = found[found.scores >= self.score_threshold]
        record = {
            "labels": [self.names[label] for label in found.labels.tolist()],
            "scores": [round(score, 4) for score in found.scores.tolist()],
            "boxes": [[round(side, 1) for side in box] for box in found.bboxes.tolist()],
        }
        factor, enlarged = _enlarged(image)
        drawn = sample.new()
        drawn.pred_instances = InstanceData(
            labels=found.labels, scores=found.scores, bboxes=found.bboxes * factor
        )
        return _draw(self._inferencer.visualizer, enlarged, drawn), record


class Segmenter:
    """A class for every pixel; arguments as :class:`Detector`'s, the threshold has no use."""

    def __init__(
        self, cfg: Config, checkpoint: Path, device: str, score_threshold: float = 0.3
    ) -> None:
        from mmseg.apis import MMSegInferencer

        head = cfg.model.decode_head
        meta = load_checkpoint(checkpoint, mmap=True)["meta"]
        self.names = class_names(cfg, head.num_classes, meta)
        self._inferencer = _quietly(
            lambda: MMSegInferencer(
                model=cfg,
                device=device,
                classes=self.names,
                palette=_palette(cfg, meta, len(self.names)),
            )
        )
        self._inferencer.visualizer.alpha = OPACITY
        _load(self._inferencer.model, checkpoint)

    def __call__(self, image: Image) -> Prediction:
        """Segment an image (H, W, 3), BGR."""
        sample = self._inferencer(image, return_datasamples=True)
        labels = sample.pred_sem_seg.data.cpu()  # 1, H, W
        found, counts = labels.unique(return_counts=True)
        shares = sorted(zip(counts.tolist(), found.tolist(), strict=True), reverse=True)
        record = {
            "labels": [self.names[label] for _, label in shares],
            "shares": [round(count / labels.numel(), 4) for count, _ in shares],
        }
        _, enlarged = _enlarged(image)
        drawn = sample.new()
        height, width = enlarged.shape[:2]
        larger = F.interpolate(labels[None].float(), (height, width), mode="nearest")[0].long()
        drawn.pred_sem_seg = PixelData(data=larger)
        overlay = _draw(self._inferencer.visualizer, enlarged, drawn)
        return np.concatenate([enlarged[..., ::-1], overlay], axis=1), record


class Recogniser:
    """The most likely classes of a clip; arguments as :class:`Detector`'s, without the threshold.

    mmaction's inferencer takes one clip and the central crop, not the several views of testing.
    """

    def __init__(
        self, cfg: Config, checkpoint: Path, device: str, score_threshold: float = 0.3
    ) -> None:
        from mmaction.apis.inferencers.actionrecog_inferencer import ActionRecogInferencer

        import iclip.openmmlab.video_swin  # noqa: F401  (registers the backbone)

        self._inferencer = _quietly(lambda: ActionRecogInferencer(model=cfg, device=device))
        meta = _load(self._inferencer.model, checkpoint)
        self.names = class_names(cfg, cfg.model.cls_head.num_classes, meta)

    def __call__(self, path: Path) -> Prediction:
        """Recognise what happens in a video file."""
        result = self._inferencer(str(path), return_datasamples=True)["predictions"]
        scores = result[0].pred_score.float().cpu()
        values, labels = scores.topk(min(TOP, len(scores)))
        record = {
            "labels": [self.names[label] for label in labels.tolist()],
            "scores": [round(value, 4) for value in values.tolist()],
        }
        return clip_picture(path, record["labels"], record["scores"]), record


_TASKS: dict[str, Callable[[Config, Path, str, float], Detector | Segmenter | Recogniser]] = {
    "FasterRCNN": Detector,
    "EncoderDecoder": Segmenter,
    "Recognizer3D": Recogniser,
}


def build_predictor(
    cfg: Config, checkpoint: Path, device: str = "cpu", score_threshold: float = 0.3
) -> Detector | Segmenter | Recogniser:
    """Build a config's model with a checkpoint's weights, all of them.

    Raises:
        FileNotFoundError: There is no such checkpoint.
        ValueError: The config is of no downstream task, or the weights do not fit its model.
    """
    kind = cfg.get("model", {}).get("type")
    if kind not in _TASKS:
        raise ValueError(
            f"{cfg.filename}: model.type={kind!r} predicts neither boxes, masks nor classes of "
            f"videos; take a config of downstream/ ({', '.join(_TASKS)})"
        )
    cfg = cfg.copy()
    cfg.model.backbone.checkpoint = None  # the whole model's weights come after it
    return _TASKS[kind](cfg, checkpoint, device, score_threshold)


def _load(model: torch.nn.Module, checkpoint: Path) -> Mapping[str, Any]:
    """Load completely (the inferencers' own loading skips what does not fit); returns the meta."""
    content = load_checkpoint(checkpoint)
    try:
        load_model_weights(model, content["state_dict"])
    except ValueError as error:
        raise ValueError(f"{checkpoint} does not fit the config: {error}") from error
    return content["meta"]


def _quietly(build: Callable[[], Any]) -> Any:
    """Build without the warnings that no weights were given: they come afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inferencer = build()
    inferencer.show_progress = False  # a bar for every single file
    return inferencer


def _enlarged(image: Image) -> tuple[int, Image]:
    """An image at a whole multiple of its size that can be read, and the multiple."""
    factor = max(1, -(-READABLE_SIDE // min(image.shape[:2])))
    return factor, image.repeat(factor, axis=0).repeat(factor, axis=1)


def _draw(visualizer: Any, image: Image, sample: Any) -> Image:
    visualizer.add_datasample("", image[..., ::-1].copy(), sample, draw_gt=False)
    return visualizer.get_image()


def _palette(cfg: Config, meta: Mapping[str, Any], count: int) -> list[list[int]]:
    """The data set's colours, or well-separated ones."""
    metainfo = cfg.test_dataloader.dataset.get("metainfo") or {}
    palette = metainfo.get("palette") or (meta.get("dataset_meta") or {}).get("palette")
    if palette is not None and len(palette) == count:
        return [list(color) for color in palette]
    return [[53 * i % 256, 97 * i % 256, 201 * i % 256] for i in range(count)]
