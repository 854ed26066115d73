"""Annotation files of downstream tasks, read before a run starts and not by a worker in mid-run.

The frameworks pass over some of these faults in silence (categories that do not exist, boxes beside
the image) and end with a worker's traceback over others, hours later.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config

LOADERS = ("train_dataloader", "val_dataloader", "test_dataloader")
LISTED = 3
# What mmdet puts the image's folder and name together from.
_COCO_HOST = "http://images.cocodataset.org/"


@dataclass(frozen=True)
class Findings:
    """What was found in annotation files.

    Attributes:
        problems: What stops a run.
        notes: What training will pass over, counted.
    """

    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __add__(self, other: "Findings") -> "Findings":
        return Findings(self.problems + other.problems, self.notes + other.notes)


def check_annotations(cfg: Config) -> Findings:
    """Check each annotation file that the data sets of a downstream config name, once.

    Files that are not there are none of its findings.
    """
    findings, seen = Findings(), set()
    for loader in LOADERS:
        dataset = _innermost(cfg.get(loader))
        key = json.dumps(dataset, default=str, sort_keys=True)
        if dataset is None or key in seen:
            continue
        seen.add(key)
        kind = str(dataset.get("type"))
        if kind.startswith("LVIS"):
            findings += check_lvis(dataset, _setting(cfg, "roi_head", "bbox_head"))
        elif kind in ("ADE20KDataset", "BaseSegDataset"):
            findings += check_segmentation(dataset)
        elif kind in ("VideoDataset", "CountedVideos"):
            findings += check_videos(dataset, _setting(cfg, "cls_head"))
    return findings


def check_lvis(dataset: Mapping[str, Any], num_classes: int | None) -> Findings:
    """Check an LVIS file: categories, images on disk, boxes.

    Args:
        dataset: The data set's config.
        num_classes: Of the detector; None if unknown.
    """
    root = Path(dataset.get("data_root") or "")
    path = root / dataset.get("ann_file", "")
    if not path.is_file():
        return Findings()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        images = {image["id"]: image for image in content["images"]}
        categories = {category["id"] for category in content["categories"]}
        annotations = content["annotations"]
    except (ValueError, KeyError, TypeError) as error:
        return Findings((f"Annotations: {path} is no LVIS file ({type(error).__name__}: {error})",))
    problems = []
    if num_classes is not None and len(categories) != num_classes:
        problems.append(
            f"Annotations: {path} has {len(categories)} categories, the detector {num_classes} "
            "classes (model.roi_head.bbox_head.num_classes); labels would mean other things"
        )
    strays = [_name(ann) for ann in annotations if ann["category_id"] not in categories]
    problems += _faults(path, "annotations are of categories that the file does not list", strays)
    orphans = [_name(ann) for ann in annotations if ann["image_id"] not in images]
    problems += _faults(path, "annotations are of images that the file does not list", orphans)
    folder = root / (dataset.get("data_prefix") or {}).get("img", "")
    names = (str(image["coco_url"]).replace(_COCO_HOST, "") for image in images.values())
    problems += _absent(path, "images", (folder / name for name in names))
    beside = [_name(ann) for ann in annotations if not _is_inside(ann, images)]
    notes = _faults(path, "boxes have no pixel in their image and are passed over", beside)
    return Findings(tuple(problems), tuple(notes))


def check_segmentation(dataset: Mapping[str, Any]) -> Findings:
    """Check that every image has its map of labels."""
    root, prefix = Path(dataset.get("data_root") or ""), dataset.get("data_prefix") or {}
    images, maps = root / prefix.get("img_path", ""), root / prefix.get("seg_map_path", "")
    if not images.is_dir() or "seg_map_path" not in prefix:
        return Findings()
    found = {os.path.splitext(entry.name)[0] for entry in os.scandir(images) if entry.is_file()}
    labelled = {Path(file).stem for file in (os.listdir(maps) if maps.is_dir() else ())}
    without = sorted(found - labelled)
    problems = _faults(images, f"images have no map of labels in {maps}", without)
    if not found:
        problems.append(f"Annotations: {images} holds no image")
    return Findings(tuple(problems))


def check_videos(dataset: Mapping[str, Any], num_classes: int | None) -> Findings:
    """Check a list of videos: labels in range, files there and not empty.

    Args:
        dataset: The data set's config.
        num_classes: Of the recogniser; None if unknown.
    """
    path = Path(dataset.get("ann_file", ""))
    if not path.is_file():
        return Findings()
    folder = Path((dataset.get("data_prefix") or {}).get("video") or "")
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not lines:
        return Findings((f"Annotations: {path} lists no video",))
    names, malformed, strays = [], [], []
    for number, line in enumerate(lines, start=1):
        name, _, label = line.strip().rpartition(" ")
        if not name or not label.isdecimal():
            malformed.append(f"line {number} {line.strip()[:60]!r}")
            continue
        names.append(folder / name)
        if num_classes is not None and int(label) >= num_classes:
            strays.append(f"line {number} label {label}")
    problems = _faults(path, "lines are not 'file label'", malformed)
    problems += _faults(path, f"labels are outside 0..{(num_classes or 0) - 1}", strays)
    problems += _absent(path, "videos", names)
    empty = [name.name for name in names if name.is_file() and name.stat().st_size == 0]
    problems += _faults(path, "videos are empty files", empty)
    return Findings(tuple(problems))


def _innermost(loader: Any) -> Mapping[str, Any] | None:
    """The data set inside its wrappers (repeat factors, concatenation of one)."""
    node = loader.get("dataset") if isinstance(loader, Mapping) else None
    while isinstance(node, Mapping) and isinstance(node.get("dataset"), Mapping):
        node = node["dataset"]
    return node if isinstance(node, Mapping) else None


def _setting(cfg: Config, *keys: str) -> int | None:
    node = cfg.get("model", {})
    for key in keys:
        node = node.get(key, {}) if isinstance(node, Mapping) else {}
    return node.get("num_classes") if isinstance(node, Mapping) else None


def _is_inside(annotation: Mapping[str, Any], images: Mapping[int, Mapping[str, Any]]) -> bool:
    """Whether a box covers a pixel of its image, as mmdet decides it."""
    image = images.get(annotation["image_id"])
    if image is None:
        return True
    x, y, width, height = annotation["bbox"]
    across = min(x + width, image["width"]) - max(x, 0)
    down = min(y + height, image["height"]) - max(y, 0)
    return across > 0 and down > 0 and width >= 1 and height >= 1


def _absent(path: Path, what: str, files: Iterable[Path]) -> list[str]:
    """List what is not there; each folder is read once, which many files need."""
    folders: dict[Path, set[str]] = {}
    absent = []
    for file in files:
        if file.parent not in folders:
            there = file.parent.is_dir()
            folders[file.parent] = set(os.listdir(file.parent)) if there else set()
        if file.name not in folders[file.parent]:
            absent.append(str(file))
    return _faults(path, f"{what} are not there", absent)


def _faults(path: Path, what: str, names: list[str]) -> list[str]:
    if not names:
        return []
    repeated = Counter(names)
    listed = ", ".join(list(repeated)[:LISTED])
    more = f" and {len(repeated) - LISTED} more" if len(repeated) > LISTED else ""
    return [f"Annotations: {path}: {len(names)} {what}: {listed}{more}"]


def _name(annotation: Mapping[str, Any]) -> str:
    return (
        f"annotation {annotation['id']} (image {annotation['image_id']}, category "
        f"{annotation['category_id']})"
    )
