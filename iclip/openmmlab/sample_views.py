"""What pictures of a validation show of images with boxes or label maps, and of videos.

The samples are those of mmdet's, mmseg's and mmaction's loops. Each view shows the truth beside the
prediction, of the pixels that the model saw.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from iclip.panels import (
    NUM_TOP_CLASSES,
    Box,
    Image,
    Panel,
    ValidatedSample,
    classified_panel,
    color_of,
    reduced,
)
from iclip.registry import SAMPLE_VIEWS
from iclip.tasks import DETECTION, SEGMENTATION, VIDEO

LabelMap = npt.NDArray[np.int64]

# At least so many boxes are shown where the model has found them, and at most the other number.
FEWEST_BOXES, MOST_BOXES = 3, 20
NUM_FRAMES, FRAME_SIDE = 6, 160
OPACITY = 0.6


@SAMPLE_VIEWS.register_module(name=DETECTION)
def view_boxes(sample: ValidatedSample) -> list[Panel]:
    """Show annotated boxes, and as many of the best predicted ones, but at least three."""
    pixels = _image(sample.inputs)
    shown = reduced(pixels)
    # Boxes are in pixels of the file; the model saw it resized, and the panel is smaller still.
    factors = sample.output.metainfo.get("scale_factor", (1.0, 1.0))  # of width and height
    scale = np.tile(factors, 2) * shown.shape[1] / pixels.shape[1]
    names = sample.dataset.metainfo["classes"]
    truth = [
        _box(np.multiply(instance["bbox"], scale), instance["bbox_label"], names)
        for instance in sample.dataset.get_data_info(sample.index).get("instances", [])
        if not instance.get("ignore_flag")
    ]
    found = sample.output.pred_instances
    best = found.scores.argsort(descending=True)[: max(len(truth), FEWEST_BOXES)][:MOST_BOXES]
    predicted = [
        _box(box * scale, label, names, f" {score:.2f}")
        for box, label, score in zip(
            found.bboxes[best].cpu().numpy(),
            found.labels[best].tolist(),
            found.scores[best].tolist(),
            strict=True,
        )
    ]
    return [
        Panel(shown, f"annotated: {len(truth)}", tuple(truth[:MOST_BOXES])),
        Panel(shown, f"predicted: {len(predicted)} best of {len(found)}", tuple(predicted)),
    ]


@SAMPLE_VIEWS.register_module(name=SEGMENTATION)
def view_label_maps(sample: ValidatedSample) -> list[Panel]:
    """Show the image, under its annotated labels, and under the predicted ones."""
    shown = reduced(_image(sample.inputs))
    metainfo = sample.dataset.metainfo
    names, palette = metainfo["classes"], metainfo.get("palette") or ()
    if len(palette) != len(names):
        palette = [color_of(label) for label in range(len(names))]
    colors = np.array(palette, dtype=np.float64)
    predicted = sample.output.pred_sem_seg.data[0].cpu().numpy()  # 1, H, W -> H, W
    panels = [Panel(shown, "image")]
    title = f"predicted: {_largest(predicted, names)}"
    if "gt_sem_seg" in sample.output:
        truth = sample.output.gt_sem_seg.data[0].cpu().numpy()
        panels.append(Panel(_under(shown, truth, colors), f"annotated: {_largest(truth, names)}"))
        counted = truth < len(names)  # 255 is ignored
        if counted.any() and truth.shape == predicted.shape:
            title += f" ({100 * (truth == predicted)[counted].mean():.0f} % of pixels right)"
    panels.append(Panel(_under(shown, predicted, colors), title))
    return panels


@SAMPLE_VIEWS.register_module(name=VIDEO)
def view_video(sample: ValidatedSample) -> list[Panel]:
    """Show frames of the first clip, its class, and the most likely classes."""
    # clips, C, T, H, W -> T, C, H, W; without a time axis, the first axis counts the frames.
    frames = sample.inputs[0].transpose(0, 1) if sample.inputs.ndim == 5 else sample.inputs
    places = np.linspace(0, len(frames) - 1, NUM_FRAMES).round().astype(int)
    strip = [reduced(_pixels(frames[int(place)]), FRAME_SIDE) for place in places]
    scores = sample.output.pred_score.float().cpu().numpy()  # (classes,)
    label = int(sample.output.gt_label.reshape(-1)[0])
    names = _video_classes(sample.dataset, len(scores))
    return [classified_panel(np.concatenate(strip, axis=1), scores, label, names)]


def _video_classes(dataset: Any, count: int) -> Sequence[str]:
    # Not at the top: it imports all readers of annotations, and this module comes with the package.
    from iclip.openmmlab.class_names import video_class_names

    metainfo = getattr(dataset, "metainfo", None) or {}
    return metainfo.get("classes") or video_class_names(dataset.ann_file, count)


def _pixels(tensor: Tensor) -> Image:
    """Turn a tensor (C, H, W) of values from 0 to 255 into an image (H, W, C)."""
    return tensor.clamp(0, 255).byte().cpu().permute(1, 2, 0).numpy()


def _image(tensor: Tensor) -> Image:
    """Turn what mmdet's and mmseg's pipelines give, (C, H, W) in BGR, into RGB."""
    return _pixels(tensor)[..., ::-1]


def _box(corners: Any, label: int, names: Sequence[str], score: str = "") -> Box:
    x1, y1, x2, y2 = map(float, corners)
    return Box((x1, y1, x2, y2), f"{names[label]}{score}", color_of(label))


def _under(image: Image, labels: LabelMap, colors: npt.NDArray[np.float64]) -> Image:
    """Blend the classes' colors into an image (H, W, 3); labels (H', W') of no class leave it."""
    rows, columns = (
        np.arange(size) * labels.shape[axis] // size for axis, size in enumerate(image.shape[:2])
    )
    nearest = labels[rows[:, None], columns]  # H, W
    is_class = (nearest >= 0) & (nearest < len(colors))
    blended = image.astype(np.float64)
    blended[is_class] += OPACITY * (colors[nearest[is_class]] - blended[is_class])
    return blended.round().astype(np.uint8)


def _largest(labels: LabelMap, names: Sequence[str]) -> str:
    """Name the classes with the most pixels of a label map."""
    counts = np.bincount(labels[(labels >= 0) & (labels < len(names))].ravel())
    best = [label for label in (-counts).argsort()[:NUM_TOP_CLASSES] if counts[label]]
    return ", ".join(names[label] for label in best) or "nothing"
