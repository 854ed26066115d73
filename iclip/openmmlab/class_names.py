"""What a trained model's class indices are called."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config

from iclip.files.annotations import read_annotations
from iclip.files.text import read_text
from iclip.openmmlab.annotations.categories import category_name

LABEL_FILE = "labels.txt"


def class_names(cfg: Config, count: int, meta: Mapping[str, Any]) -> list[str]:
    """Find the names of ``count`` classes.

    The first of these that has as many: the categories of the test data's annotation file in the
    file's order, as mmdet numbers labels; ``labels.txt`` beside the videos' list; the config's data
    set; the data set as the checkpoint remembers it; and for 400 classes torchvision's names of
    Kinetics-400. Where none has, ``class 0`` and so on.

    Args:
        cfg: A downstream config.
        count: Of the model's classes.
        meta: The checkpoint's.
    """
    dataset = _innermost(cfg.get("test_dataloader", {}).get("dataset", {}))
    classes = (dataset.get("metainfo") or {}).get("classes")
    remembered = (meta.get("dataset_meta") or {}).get("classes")
    file = os.path.join(dataset.get("data_root") or "", dataset.get("ann_file") or "")
    candidates = (
        *(_category_names(path, classes) for path in (file, *_metric_files(cfg))),
        label_file(dataset.get("ann_file")),
        classes,
        remembered,
        _kinetics_names(count),
    )
    return _first_of_length(count, candidates)


def video_class_names(list_file: str, count: int) -> list[str]:
    """Find the names of ``count`` classes of videos.

    Args:
        list_file: The videos' list, which ``labels.txt`` may lie beside.
        count: Of the classes.
    """
    return _first_of_length(count, (label_file(list_file), _kinetics_names(count)))


def _first_of_length(count: int, candidates: Sequence[Sequence[str] | None]) -> list[str]:
    found = (list(names) for names in candidates if names is not None and len(names) == count)
    return next(found, [f"class {index}" for index in range(count)])


def label_file(list_file: str | None) -> list[str] | None:
    """Read the names of classes beside a list of videos, one per line; None if there are none."""
    if not list_file:
        return None
    path = Path(list_file).with_name(LABEL_FILE)
    return read_text(path).splitlines() if path.is_file() else None


def _innermost(node: Mapping[str, Any]) -> Mapping[str, Any]:
    while isinstance(node.get("dataset"), Mapping):
        node = node["dataset"]
    return node


def _metric_files(cfg: Config) -> list[str]:
    metrics = cfg.get("test_evaluator", {})
    metrics = metrics if isinstance(metrics, list | tuple) else [metrics]
    return [metric["ann_file"] for metric in metrics if metric.get("ann_file")]


def _category_names(path: str, classes: Sequence[str] | None) -> list[str] | None:
    """Name the categories of a COCO or LVIS file by label; None if it is no such file."""
    if not path.endswith(".json") or not Path(path).is_file():
        return None
    content = read_annotations(path)
    categories = content.get("categories") if isinstance(content, dict) else None
    if not isinstance(categories, list):
        return None
    names = [category_name(category) for category in categories]
    # mmdet's COCO data sets take the classes that they are given, and the file's order.
    chosen = [name for name in names if name in (classes or ())]
    return chosen or names


def _kinetics_names(count: int) -> list[str] | None:
    if count != 400:
        return None
    from torchvision.models.video import Swin3D_T_Weights

    return Swin3D_T_Weights.KINETICS400_V1.meta["categories"]
