"""Trained detectors, segmenters and recognisers, through the frameworks' own inferencers.

Each turns one image or clip into a picture (H, W, 3) uint8 RGB and a record of plain values. What a
config is for is told by :func:`iclip.tasks.task_of`. The frameworks are imported when a predictor
is built.
"""

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.structures import PixelData

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.checkpoints import load_checkpoint, load_model_weights
from iclip.openmmlab.class_names import class_names
from iclip.openmmlab.predict.pictures import Image, draw, fitted, fitted_masks
from iclip.openmmlab.predict.values import PANOPTIC_OFFSET, class_shares, run_lengths
from iclip.openmmlab.video.contact_sheet import clip_picture, evenly_spaced_frames
from iclip.openmmlab.video.frames import without_decord
from iclip.tasks import DETECTION, SEGMENTATION, VIDEO, task_of

Prediction = tuple[Image, dict[str, Any]]

# Of masks over the image.
OPACITY = 0.6
TOP = 5
# Where models of the frameworks keep the part that tells classes apart; of several stages the last.
_HEADS = (
    "roi_head.bbox_head", "bbox_head", "panoptic_head", "mask_head", "decode_head", "cls_head",
)  # fmt: skip


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
            lambda: DetInferencer(model=cfg, device=device, palette="random", show_progress=False)
        )
        # The inferencer's own names are COCO's wherever it knows none.
        model = self._inferencer.model
        self.names = class_names(cfg, number_of_classes(model), _load(model, checkpoint))
        self._inferencer.visualizer.dataset_meta = {"classes": self.names, "palette": "random"}

    def __call__(self, image: Image) -> Prediction:
        """Detect on an image (H, W, 3), BGR."""
        (sample,) = self._inferencer(image, return_datasamples=True)["predictions"]
        factor, shown = fitted(image)
        record: dict[str, Any]
        if "pred_panoptic_seg" in sample and "pred_instances" not in sample:
            segments = sample.pred_panoptic_seg.sem_seg.cpu()  # 1, H, W
            drawn = sample.new()
            drawn.pred_panoptic_seg = PixelData(sem_seg=fitted_masks(segments, shown))
            record = class_shares(segments % PANOPTIC_OFFSET, self.names)
            if not record["labels"]:  # which mmdet's drawing does not survive
                return shown[..., ::-1], record
            return draw(self._inferencer.visualizer, shown, drawn), record
        found = sample.pred_instances.cpu()
        found = found[found.scores >= self.score_threshold]
        record = {
            "labels": [self.names[label] for label in found.labels.tolist()],
            "scores": [round(score, 4) for score in found.scores.tolist()],
            "boxes": [[round(side, 1) for side in box] for box in found.bboxes.tolist()],
        }
        found.bboxes = found.bboxes * factor
        if "masks" in found:
            record["masks"] = run_lengths(found.masks)
            found.masks = fitted_masks(found.masks, shown).bool()
        drawn = sample.new()
        drawn.pred_instances = found
        return draw(self._inferencer.visualizer, shown, drawn), record


class Segmenter:
    """A class for every pixel; arguments as :class:`Detector`'s, the threshold has no use."""

    def __init__(
        self, cfg: Config, checkpoint: Path, device: str, score_threshold: float = 0.3
    ) -> None:
        from mmseg.apis import MMSegInferencer

        heads = cfg.model.decode_head
        head = heads[-1] if isinstance(heads, list | tuple) else heads
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
        _, shown = fitted(image)
        drawn = sample.new()
        drawn.pred_sem_seg = PixelData(data=fitted_masks(labels, shown))
        overlay = draw(self._inferencer.visualizer, shown, drawn)
        record = class_shares(labels, self.names)
        return np.concatenate([shown[..., ::-1], overlay], axis=1), record


class Recogniser:
    """The most likely classes of a clip; arguments as :class:`Detector`'s, without the threshold.

    mmaction's inferencer takes one clip and the central crop, not the several views of testing.
    """

    def __init__(
        self, cfg: Config, checkpoint: Path, device: str, score_threshold: float = 0.3
    ) -> None:
        from mmaction.apis.inferencers.actionrecog_inferencer import ActionRecogInferencer

        import iclip.openmmlab.video.swin  # noqa: F401  (registers the backbone)

        self._inferencer = _quietly(lambda: ActionRecogInferencer(model=cfg, device=device))
        # The inferencer takes decord whatever the config says.
        self._inferencer.pipeline = without_decord(self._inferencer.pipeline)
        meta = _load(self._inferencer.model, checkpoint)
        self.names = class_names(cfg, number_of_classes(self._inferencer.model), meta)

    def __call__(self, path: Path) -> Prediction:
        """Recognize what happens in a video file.

        Raises:
            ValueError: It cannot be decoded.
            OSError: It cannot be read.
        """
        evenly_spaced_frames(path, 1)  # to the end, before the model runs on half of it
        result = self._inferencer(str(path), return_datasamples=True)["predictions"]
        scores = result[0].pred_score.float().cpu()
        values, labels = scores.topk(min(TOP, len(scores)))
        record = {
            "labels": [self.names[label] for label in labels.tolist()],
            "scores": [round(value, 4) for value in values.tolist()],
        }
        return clip_picture(path, record["labels"], record["scores"]), record


Predictor = Detector | Segmenter | Recogniser
_PREDICTORS: Mapping[str | None, type[Detector] | type[Segmenter] | type[Recogniser]] = {
    DETECTION: Detector,
    SEGMENTATION: Segmenter,
    VIDEO: Recogniser,
}


def takes_only_videos(cfg: Config) -> bool:
    """Whether a config's model takes videos and no images."""
    return task_of(cfg) == VIDEO


def build_predictor(
    cfg: Config, checkpoint: Path, device: str = "cpu", score_threshold: float = 0.3
) -> Predictor:
    """Build a config's model with a checkpoint's weights, all of them.

    Raises:
        FileNotFoundError: There is no such checkpoint.
        ValueError: The config is of no downstream task, or the weights do not fit its model.
    """
    task = task_of(cfg)
    if task not in _PREDICTORS:
        raise ValueError(
            f"{cfg.filename}: a config of {task or 'no known task'} predicts neither boxes, masks "
            f"nor classes of videos; take one of {', '.join(map(str, _PREDICTORS))}, as those in "
            "downstream/"
        )
    cfg = cfg.copy()
    backbone = cfg.model.get("backbone") or {}
    for key in ("checkpoint", "pretrained", "init_cfg"):  # the whole model's weights come after it
        if key in backbone:
            backbone[key] = None
    _leave_out_annotations(cfg.test_dataloader.dataset)
    return _PREDICTORS[task](cfg, checkpoint, device, score_threshold)


def _leave_out_annotations(dataset: Any) -> None:
    """Take the reading of annotations, which a photo has none of, out of a test pipeline."""
    steps = dataset.get("pipeline") or []
    dataset.pipeline = [step for step in steps if "Annotations" not in str(step.get("type"))]


def number_of_classes(model: torch.nn.Module) -> int:
    """Read off a model of one of the frameworks how many classes it tells apart.

    Raises:
        ValueError: None of its parts says it.
    """
    for place in _HEADS:
        head: Any = model
        for name in place.split("."):
            head = getattr(head, name, None)
        head = head[-1] if isinstance(head, torch.nn.ModuleList) else head
        count = getattr(head, "num_classes", None)
        if isinstance(count, int):
            return count
    raise ValueError(
        f"model.type={type(model).__name__!r} says its number of classes in none of "
        f"{', '.join(_HEADS)}; tools/predict.py cannot name what it predicts"
    )


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


def _palette(cfg: Config, meta: Mapping[str, Any], count: int) -> list[list[int]]:
    """The data set's colors, or well-separated ones."""
    metainfo = cfg.test_dataloader.dataset.get("metainfo") or {}
    palette = metainfo.get("palette") or (meta.get("dataset_meta") or {}).get("palette")
    if palette is not None and len(palette) == count:
        return [list(color) for color in palette]
    return [[53 * i % 256, 97 * i % 256, 201 * i % 256] for i in range(count)]
