"""What a trained model's class indices are called."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config

LABEL_FILE = "labels.txt"


def class_names(cfg: Config, count: int, meta: Mapping[str, Any]) -> list[str]:
    """Find the names of ``count`` classes.

    The first of these that has as many: the evaluator's LVIS annotations, ``labels.txt`` beside the
    videos' list, the config's data set, the data set as the checkpoint remembers it, and for 400
    classes torchvision's names of Kinetics-400. Where none has, ``class 0`` and so on.

    Args:
        cfg: A downstream config.
        count: Of the model's classes.
        meta: The checkpoint's.
    """
    dataset = cfg.get("test_dataloader", {}).get("dataset", {})
    candidates = (
        _lvis_names(cfg.get("test_evaluator", {})),
        _label_file(dataset.get("ann_file")),
        (dataset.get("metainfo") or {}).get("classes"),
        (meta.get("dataset_meta") or {}).get("classes"),
        _kinetics_names(count),
    )
    return _first_of_length(count, candidates)


def video_class_names(list_file: str, count: int) -> list[str]:
    """Find the names of ``count`` classes of videos.

    Args:
        list_file: The videos' list, which ``labels.txt`` may lie beside.
        count: Of the classes.
    """
    return _first_of_length(count, (_label_file(list_file), _kinetics_names(count)))


def _first_of_length(count: int, candidates: Sequence[Sequence[str] | None]) -> list[str]:
    found = (list(names) for names in candidates if names is not None and len(names) == count)
    return next(found, [f"class {index}" for index in range(count)])


def _lvis_names(evaluator: Any) -> list[str] | None:
    """mmdet's labels are the categories in the order of their ids."""
    path = evaluator.get("ann_file") if isinstance(evaluator, Mapping) else None
    if path is None or not Path(path).is_file():
        return None
    categories = json.loads(Path(path).read_text())["categories"]
    return [category["name"] for category in sorted(categories, key=lambda entry: entry["id"])]


def _label_file(list_file: str | None) -> list[str] | None:
    if not list_file:
        return None
    path = Path(list_file).with_name(LABEL_FILE)
    return path.read_text().splitlines() if path.is_file() else None


def _kinetics_names(count: int) -> list[str] | None:
    if count != 400:
        return None
    from torchvision.models.video import Swin3D_T_Weights

    return Swin3D_T_Weights.KINETICS400_V1.meta["categories"]
