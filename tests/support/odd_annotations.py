"""Small data sets on disk as mmdet, mmseg and mmaction read them, and ways to spoil them."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config
from PIL import Image

WIDTH, HEIGHT = 100, 80
Content = dict[str, Any]


def only(texts: tuple[str, ...]) -> str:
    (text,) = texts
    return text


def write_image(path: Path, width: int = WIDTH, height: int = HEIGHT, **settings: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height), (90, 120, 30)).save(path, **settings)


def lvis_content(folder: Path, count: int = 2) -> dict[str, Any]:
    """A correct LVIS v1 file's content, ``count`` images with a box each, images on disk."""
    images, annotations = [], []
    for i in range(1, count + 1):
        write_image(folder / f"val2017/{i}.jpg")
        images.append(
            dict(id=i, width=WIDTH, height=HEIGHT, neg_category_ids=[])
            | dict(coco_url=f"http://images.cocodataset.org/val2017/{i}.jpg")
        )
        annotations.append(
            dict(id=10 + i, image_id=i, category_id=5, bbox=[10, 10, 20, 20], area=400)
        )
    categories = [dict(id=5, name="cat", frequency="f"), dict(id=9, name="dog", frequency="r")]
    return dict(images=images, annotations=annotations, categories=categories)


def coco_content(folder: Path, count: int = 2) -> dict[str, Any]:
    """The same as a plain COCO file."""
    content = lvis_content(folder, count)
    for image in content["images"]:
        image["file_name"] = image.pop("coco_url").partition(".org/")[2]
        image.pop("neg_category_ids")
    for category in content["categories"]:
        category.pop("frequency")
    return content


def write_json(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def detection_source(folder: Path, file: str, kind: str, **settings: Any) -> dict[str, Any]:
    return (
        dict(type=kind, data_root=f"{folder}/", ann_file=file, data_prefix=dict(img="")) | settings
    )


def detection(
    folder: Path,
    content: Any,
    kind: str = "LVISV1Dataset",
    num_classes: int = 2,
    val: Any = None,
    **settings: Any,
) -> Config:
    """A config of a detector whose files are ``train.json`` and, if given, ``val.json``."""
    write_json(folder / "train.json", content)
    train = detection_source(folder, "train.json", kind, **settings)
    config = dict(
        default_scope="mmdet",
        model=dict(roi_head=dict(bbox_head=dict(num_classes=num_classes))),
        train_dataloader=dict(dataset=dict(type="ClassBalancedDataset", dataset=train)),
    )
    if val is not None:
        write_json(folder / "val.json", val)
        source = detection_source(folder, "val.json", kind, test_mode=True, **settings)
        config["val_dataloader"] = dict(dataset=source)
    return Config(config)


def segmentation(
    folder: Path, labels: Any = 0, count: int = 2, num_classes: int = 3, **settings: Any
) -> Config:
    """A config of a segmenter and its images; each map is filled with ``labels``."""
    for i in range(count):
        write_image(folder / f"images/{i}.jpg")
        write_map(folder / f"maps/{i}.png", labels)
    source = dict(
        type="BaseSegDataset",
        data_root=str(folder),
        data_prefix=dict(img_path="images", seg_map_path="maps"),
        metainfo=dict(classes=[f"class {i}" for i in range(num_classes)]),
    )
    return Config(
        dict(
            default_scope="mmseg",
            model=dict(decode_head=dict(num_classes=num_classes)),
            train_dataloader=dict(dataset=source | settings),
        )
    )


def write_map(path: Path, labels: Any, **settings: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not isinstance(labels, np.ndarray):
        labels = np.full((HEIGHT, WIDTH), labels, dtype=np.uint8)
    Image.fromarray(labels).save(path, **settings)


def videos(
    folder: Path, lines: str | bytes, kind: str = "SkipBrokenVideos", **settings: Any
) -> Config:
    """A config of a recognizer with 4 classes and its list."""
    list_file = folder / "list.txt"
    list_file.write_bytes(lines.encode() if isinstance(lines, str) else lines)
    source = dict(type=kind, ann_file=str(list_file), data_prefix=dict(video=str(folder)))
    return Config(
        dict(
            default_scope="mmaction",
            model=dict(cls_head=dict(num_classes=4)),
            train_dataloader=dict(dataset=source | settings),
        )
    )


def fault_of_detection(spoil: Callable[[Content], Any], folder: Path) -> str:
    """Check a detector's data after spoiling its annotation file; return the only problem."""
    from iclip.openmmlab.annotations import check_annotations

    content = lvis_content(folder)
    spoil(content)
    problem = only(check_annotations(detection(folder, content, num_classes=2)).problems)
    title = f"Annotations: {folder}/train.json (train_dataloader.dataset.dataset.ann_file)\n"
    assert problem.startswith(title)
    return problem


def set_in(part: str, position: int, **values: Any) -> Callable[[Content], None]:
    return lambda content: content[part][position].update(values)


def drop_from(part: str, position: int, key: str) -> Callable[[Content], None]:
    return lambda content: content[part][position].pop(key)


def repeat(part: str, **changes: Any) -> Callable[[Content], None]:
    return lambda content: content[part].append({**copy.deepcopy(content[part][0]), **changes})
