"""Run trained detectors, segmenters and video recognizers through the frameworks' inferencers.

Each turns one image or video into a picture (H, W, 3), uint8 RGB, and a record of plain values.
:func:`iclip.tasks.task_of` tells which of them a config needs. The frameworks are imported when a
predictor is built.
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
from iclip.openmmlab.predict.pictures import Image, draw, resize_for_viewing, resize_masks
from iclip.openmmlab.predict.values import PANOPTIC_OFFSET, class_shares, run_lengths
from iclip.openmmlab.video.contact_sheet import draw_contact_sheet, evenly_spaced_frames
from iclip.openmmlab.video.frames import without_decord
from iclip.tasks import DETECTION, SEGMENTATION, VIDEO, task_of

Prediction = tuple[Image, dict[str, Any]]

MASK_OPACITY = 0.6
NUM_TOP_CLASSES = 5
# Where the frameworks' models keep the head that knows the classes. Where that is a list of stages,
# the last one counts.
_HEADS = (
    "roi_head.bbox_head", "bbox_head", "panoptic_head", "mask_head", "decode_head", "cls_head",
)  # fmt: skip


class Detector:
    """Predicts boxes, masks or panoptic segments of an image.

    Args:
        cfg: Config of a detector.
        checkpoint: File of its weights.
        device: ``cpu`` or ``cuda``.
        score_threshold: Boxes with lower scores are neither drawn nor recorded.
    """

    def __init__(
        self, cfg: Config, checkpoint: Path, device: str, score_threshold: float = 0.3
    ) -> None:
        from mmdet.apis import DetInferencer

        self.score_threshold = score_threshold
        self._inferencer = _quietly(
            lambda: DetInferencer(model=cfg, device=device, palette="random", show_progress=False)
        )
        # Where the inferencer does not know the names, it takes COCO's.
        model = self._inferencer.model
        self.names = class_names(cfg, number_of_classes(model), _load(model, checkpoint))
        self._inferencer.visualizer.dataset_meta = {"classes": self.names, "palette": "random"}

    def __call__(self, image: Image) -> Prediction:
        """Detect on an image (H, W, 3), BGR."""
        (sample,) = self._inferencer(image, return_datasamples=True)["predictions"]
        if "pred_panoptic_seg" in sample and "pred_instances" not in sample:
            return self._panoptic_segments(image, sample)
        return self._instances(image, sample)

    def _panoptic_segments(self, image: Image, sample: Any) -> Prediction:
        """Draw panoptic segments; the record has the classes' shares of the pixels."""
        _, shown = resize_for_viewing(image)
        segments = sample.pred_panoptic_seg.sem_seg.cpu()  # 1, H, W
        drawn = sample.new()
        drawn.pred_panoptic_seg = PixelData(sem_seg=resize_masks(segments, shown))
        record = class_shares(segments % PANOPTIC_OFFSET, self.names)
        if not record["labels"]:  # mmdet's drawing fails without segments
            return shown[..., ::-1], record  # BGR -> RGB
        return draw(self._inferencer.visualizer, shown, drawn), record

    def _instances(self, image: Image, sample: Any) -> Prediction:
        """Draw and record the boxes, and masks if there are any, above the threshold."""
        factor, shown = resize_for_viewing(image)
        found = sample.pred_instances.cpu()
        found = found[found.scores >= self.score_threshold]
        record: dict[str, Any] = {
            "labels": [self.names[label] for label in found.labels.tolist()],
            "scores": [round(score, 4) for score in found.scores.tolist()],
            "boxes": [[round(side, 1) for side in box] for box in found.bboxes.tolist()],
        }
        # The record has the image's pixels, the picture those of the enlarged image.
        found.bboxes = found.bboxes * factor
        if "masks" in found:
            record["masks"] = run_lengths(found.masks)
            found.masks = resize_masks(found.masks, shown).bool()
        drawn = sample.new()
        drawn.pred_instances = found
        return draw(self._inferencer.visualizer, shown, drawn), record


class Segmenter:
    """Predicts a class per pixel; arguments as for :class:`Detector`, the threshold is ignored."""

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
        self._inferencer.visualizer.alpha = MASK_OPACITY
        _load(self._inferencer.model, checkpoint)

    def __call__(self, image: Image) -> Prediction:
        """Segment an image (H, W, 3), BGR."""
        sample = self._inferencer(image, return_datasamples=True)
        labels = sample.pred_sem_seg.data.cpu()  # 1, H, W
        _, shown = resize_for_viewing(image)
        drawn = sample.new()
        drawn.pred_sem_seg = PixelData(data=resize_masks(labels, shown))
        overlay = draw(self._inferencer.visualizer, shown, drawn)
        record = class_shares(labels, self.names)
        # Side by side, the image (BGR -> RGB) and the image under its labels.
        return np.concatenate([shown[..., ::-1], overlay], axis=1), record


class Recognizer:
    """Predicts the most likely classes of a video; takes the arguments of :class:`Detector`.

    mmaction's inferencer takes one clip and its central crop, not the several views of testing. The
    threshold is ignored.
    """

    def __init__(
        self, cfg: Config, checkpoint: Path, device: str, score_threshold: float = 0.3
    ) -> None:
        from mmaction.apis.inferencers.actionrecog_inferencer import ActionRecogInferencer

        import iclip.openmmlab.video.swin  # noqa: F401  (registers the backbone)

        self._inferencer = _quietly(lambda: ActionRecogInferencer(model=cfg, device=device))
        # The inferencer reads through decord, whatever the config says.
        self._inferencer.pipeline = without_decord(self._inferencer.pipeline)
        meta = _load(self._inferencer.model, checkpoint)
        self.names = class_names(cfg, number_of_classes(self._inferencer.model), meta)

    def __call__(self, path: Path) -> Prediction:
        """Recognize what happens in a video file.

        Raises:
            ValueError: The video cannot be decoded to its end.
            OSError: The file cannot be read.
        """
        # The model reads a part of the video only and may not notice that the rest is broken.
        evenly_spaced_frames(path, 1)
        result = self._inferencer(str(path), return_datasamples=True)["predictions"]
        scores = result[0].pred_score.float().cpu()  # (classes,)
        values, labels = scores.topk(min(NUM_TOP_CLASSES, len(scores)))
        record = {
            "labels": [self.names[label] for label in labels.tolist()],
            "scores": [round(value, 4) for value in values.tolist()],
        }
        return draw_contact_sheet(path, record["labels"], record["scores"]), record


Predictor = Detector | Segmenter | Recognizer
_PREDICTORS: Mapping[str | None, type[Detector] | type[Segmenter] | type[Recognizer]] = {
    DETECTION: Detector,
    SEGMENTATION: Segmenter,
    VIDEO: Recognizer,
}


def takes_only_videos(cfg: Config) -> bool:
    """Whether a config's model takes videos but not images."""
    return task_of(cfg) == VIDEO


def build_predictor(
    cfg: Config, checkpoint: Path, device: str = "cpu", score_threshold: float = 0.3
) -> Predictor:
    """Build a config's model with all of a checkpoint's weights.

    Args:
        cfg: A downstream config.
        checkpoint: File of the model's weights.
        device: ``cpu`` or ``cuda``.
        score_threshold: Boxes with lower scores are neither drawn nor recorded.

    Raises:
        FileNotFoundError: The checkpoint does not exist.
        ValueError: The config is not of a downstream task, or the weights do not fit its model.
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
    for key in ("checkpoint", "pretrained", "init_cfg"):  # the model's own weights replace these
        if key in backbone:
            backbone[key] = None
    _fit_pipeline(cfg.test_dataloader.dataset)
    return _PREDICTORS[task](cfg, checkpoint, device, score_threshold)


def _fit_pipeline(dataset: Any) -> None:
    """Remove the reading of annotations from a test pipeline, and name its loader as mmcv does.

    The inferencers look for that name, to put a loader of arrays in its place.
    """
    steps = dataset.get("pipeline") or []
    dataset.pipeline = [
        dict(type="LoadImageFromFile") if step.get("type") == "iclip.LoadImageFromFile" else step
        for step in steps
        if "Annotations" not in str(step.get("type"))
    ]


def number_of_classes(model: torch.nn.Module) -> int:
    """Find the number of classes of a model of one of the frameworks.

    Raises:
        ValueError: None of the model's heads has it.
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
    """Load all weights, where the inferencers skip what does not fit; return the meta."""
    content = load_checkpoint(checkpoint)
    try:
        load_model_weights(model, content["state_dict"])
    except ValueError as error:
        raise ValueError(f"{checkpoint} does not fit the config: {error}") from error
    return content["meta"]


def _quietly(build: Callable[[], Any]) -> Any:
    """Build an inferencer without warnings about missing weights, which are loaded later."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inferencer = build()
    inferencer.show_progress = False  # it draws a bar per file
    return inferencer


def _palette(cfg: Config, meta: Mapping[str, Any], count: int) -> list[list[int]]:
    """Return the data set's colors, or colors that are easy to tell apart."""
    metainfo = cfg.test_dataloader.dataset.get("metainfo") or {}
    palette = metainfo.get("palette") or (meta.get("dataset_meta") or {}).get("palette")
    if palette is not None and len(palette) == count:
        return [list(color) for color in palette]
    # Multiples of odd numbers modulo 256 repeat only after 256 classes.
    return [[53 * i % 256, 97 * i % 256, 201 * i % 256] for i in range(count)]
