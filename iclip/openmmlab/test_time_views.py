"""Evaluate with several views of each sample (``--tta``), by the frameworks' own means.

mmcv's ``TestTimeAug`` makes the views, and a model around the model puts the predictions together:
mmdet's ``DetTTAModel`` by suppression of all views' boxes, :class:`MeanOfViews` by averaging class
scores per pixel. mmaction samples clips and crops in its pipeline, and its head averages them. The
hub's classifier of images makes its views of the batch.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.config import Config, ConfigDict
from mmengine.logging import print_log

from iclip.openmmlab.annotations.configured_data_sets import innermost_data_sets
from iclip.tasks import (
    CLASSIFICATION,
    DETECTION,
    SEGMENTATION,
    TEST_TIME_VIEWS,
    VIDEO,
    task_of,
    views_of,
)

# Factors of the test size. The first view is the image as it is tested without other views.
SCALES: dict[str, tuple[float, ...]] = {
    DETECTION: (1.0,),
    SEGMENTATION: (1.0, 0.75, 1.25),
    CLASSIFICATION: (1.0, 0.875, 1.125),
}
CLIPS = 4  # of Video Swin's test
# Parts of models that predict masks, whose views mmdet does not put together.
_MASKS = ("mask_head", "panoptic_head", "panoptic_fusion_head", "segm_head")


def with_test_time_views(cfg: Config) -> Config:
    """Return a config that tests with several views of each sample.

    Images are tested as they are and mirrored, for segmentation and classification in three sizes
    each; videos in four clips, unless the config has several views already. The config's
    ``tta_model`` and ``tta_pipeline`` are not read: the views come from its test pipeline, so that
    both evaluations read the same pixels.

    Args:
        cfg: A downstream config; it is not changed.

    Raises:
        ValueError: The task has no such views, or the model predicts masks of objects.
    """
    task = task_of(cfg)
    cfg = copy.deepcopy(cfg)
    for unread in ("tta_model", "tta_pipeline"):
        cfg.pop(unread, None)
    if task == DETECTION:
        _wrap(cfg, _detector_of_views(cfg.model), SCALES[DETECTION], "PackDetInputs")
    elif task == SEGMENTATION:
        import iclip.openmmlab.mean_of_views  # noqa: F401  (registers the model)

        _wrap(cfg, dict(type="iclip.MeanOfViews"), SCALES[SEGMENTATION], "PackSegInputs")
    elif task == CLASSIFICATION:
        scales = SCALES[CLASSIFICATION]
        cfg.model = ConfigDict(type="iclip.ClassifierOfViews", module=cfg.model, scales=scales)
        _say(cfg, scales)
    elif task == VIDEO:
        _add_clips(cfg)
    else:
        raise ValueError(
            f"--tta: {cfg.filename or 'the config'} is of {task or 'no known task'}; test-time "
            f"augmentation is there for {', '.join(SCALES)} and {VIDEO}"
        )
    return cfg


def _wrap(cfg: Config, model: dict[str, Any], scales: Sequence[float], packer: str) -> None:
    cfg.model = ConfigDict(model, module=cfg.model)
    for data_set in _test_data_sets(cfg):
        data_set["pipeline"] = _views(data_set.get("pipeline") or [], scales, packer)
    _say(cfg, scales)


def _say(cfg: Config, scales: Sequence[float]) -> None:
    sizes = f"sizes {', '.join(f'{scale:g}' for scale in scales)}, " if len(scales) > 1 else ""
    cfg[TEST_TIME_VIEWS] = f"test-time augmentation: {sizes}as it is and mirrored"
    print_log(f"--tta: {cfg[TEST_TIME_VIEWS]}", "current")


def _test_loader(cfg: Config) -> Any:
    return cfg.get("test_dataloader") or cfg.get("val_dataloader") or {}


def _test_data_sets(cfg: Config) -> list[Any]:
    data_set = _test_loader(cfg).get("dataset") or {}
    return [node for _, _, node in innermost_data_sets("test", "dataset", data_set)]


def _detector_of_views(model: Mapping[str, Any]) -> dict[str, Any]:
    masks = [part for part in _MASKS if model.get(part) or (model.get("roi_head") or {}).get(part)]
    if masks:
        raise ValueError(
            f"--tta: the model has a {masks[0]}, and mmdet puts together boxes of several views "
            "only; evaluate without --tta"
        )
    test = model.get("test_cfg") or {}
    settings = test.get("rcnn") or test
    overlap = (settings.get("nms") or {}).get("iou_threshold", 0.5)
    suppression = dict(
        nms=dict(type="nms", iou_threshold=overlap), max_per_img=settings.get("max_per_img", 100)
    )
    # Without the scope: mmdet registers it with mmengine.
    return dict(type="DetTTAModel", tta_cfg=suppression)


def _views(steps: Sequence[Mapping[str, Any]], scales: Sequence[float], packer: str) -> list[Any]:
    """Return a test pipeline that gives all views of an image, the plain one first.

    Args:
        steps: The pipeline, which reads, perhaps resizes and packs.
        scales: Factors of its size.
        packer: Type of the transform that packs.
    """
    mirrored = [dict(type="RandomFlip", prob=0.0), dict(type="RandomFlip", prob=1.0)]
    place = next((i for i, step in enumerate(steps) if _name(step) == "Resize"), None)
    # Mirrored behind resizing and before padding: mmdet mirrors boxes back in the unpadded image.
    start = next((i + 1 for i, step in enumerate(steps) if _reads_image(step)), 0)
    resized = [] if place is None else [[_scaled(steps[place], scale) for scale in scales]]
    before = list(steps[start:place]) if place is not None else []
    behind = list(steps[start if place is None else place + 1 :])
    packed = [_with_flip(step) if _name(step) == packer else step for step in behind]
    alternatives = [*([step] for step in before), *resized, mirrored, *([s] for s in packed)]
    return [*steps[:start], dict(type="TestTimeAug", transforms=alternatives)]


def _scaled(resize: Mapping[str, Any], factor: float) -> dict[str, Any]:
    """Return a ``Resize`` to another size."""
    step = dict(resize)
    if step.get("scale") is not None:
        width, height = step["scale"]
        step["scale"] = (round(width * factor), round(height * factor))
    else:
        before = step.get("scale_factor", 1.0)
        several = isinstance(before, Sequence)
        step["scale_factor"] = (
            tuple(side * factor for side in before) if several else before * factor
        )
    return step


def _with_flip(pack: Mapping[str, Any]) -> dict[str, Any]:
    """Return a packing transform that passes on whether an image is mirrored."""
    if "meta_keys" not in pack:
        return dict(pack)
    keys = dict.fromkeys((*pack["meta_keys"], "flip", "flip_direction"))
    return {**pack, "meta_keys": tuple(keys)}


def _add_clips(cfg: Config) -> None:
    views = views_of(_test_loader(cfg))
    if views is None:
        raise ValueError("--tta: the test pipeline has no SampleFrames, which samples clips")
    if max(views) > 1:
        clips, crops = views
        print_log(f"--tta: the test averages {clips} clips x {crops} crops already", "current")
        return
    print_log(f"--tta: the test averages {CLIPS} clips of each video", "current")
    for data_set in _test_data_sets(cfg):
        data_set["pipeline"] = [
            {**step, "num_clips": CLIPS} if _name(step) == "SampleFrames" else step
            for step in data_set["pipeline"]
        ]


def _name(step: Mapping[str, Any]) -> str:
    return str(step.get("type")).rpartition(".")[2]


def _reads_image(step: Mapping[str, Any]) -> bool:
    return _name(step).startswith("LoadImage")
