"""Small data sets in the forms in which tools write them, made by hand."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

WIDTH, HEIGHT = 64, 48
Box = tuple[float, float, float, float]


def write_image(path: Path, size: tuple[int, int] = (WIDTH, HEIGHT), orientation: int = 1) -> str:
    """Write an image of one color; its stored size is (width, height)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    if orientation != 1:
        exif[ExifTags.Base.Orientation] = orientation
    Image.new("RGB", size, "gray").save(path, exif=exif)
    return str(path)


def coco_content(
    images: Sequence[str],
    boxes: Sequence[tuple[int, str, Sequence[Any]]],
    names: Sequence[str],
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> dict[str, list[dict[str, Any]]]:
    """Make the content of an annotation file, with ids that have gaps and are not sorted.

    Args:
        images: Names of files.
        boxes: Position of its image, name of its class, and ``bbox``, of each.
        names: Names of the categories.
        size: Width and height of the images.
    """
    category_ids = {name: 90 - 7 * at for at, name in enumerate(names)}
    image_ids = [1000 - 3 * at for at in range(len(images))]
    width, height = size
    return {
        "images": [
            {"id": number, "file_name": name, "width": width, "height": height}
            for number, name in zip(image_ids, images, strict=True)
        ],
        "annotations": [
            {
                "id": 11 + 5 * at,
                "image_id": image_ids[image],
                "category_id": category_ids[name],
                "bbox": list(box),
                "area": 12.5,
                "iscrowd": 0,
            }
            for at, (image, name, box) in enumerate(boxes)
        ],
        "categories": [{"id": number, "name": name} for name, number in category_ids.items()],
    }


def write_json(path: Path, content: Any) -> Path:
    """Write a JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def write_coco_folder(root: Path, parts: Mapping[str, int] | None = None) -> Path:
    """Write COCO's own form: annotations/instances_PART.json and PART/, two classes.

    Args:
        root: The folder.
        parts: Number of images of each part; by default 8 of train and 3 of val.
    """
    for part, count in (parts or {"train": 8, "val": 3}).items():
        names = [f"{part}_{at}.jpg" for at in range(count)]
        for name in names:
            write_image(root / part / name)
        boxes = [(at, ("cat", "dog")[at % 2], (4, 6, 20, 10)) for at in range(count)]
        content = coco_content(names, boxes, ("cat", "dog"))
        write_json(root / f"annotations/instances_{part}.json", content)
    return root


def write_lvis_folder(root: Path) -> dict[str, Any]:
    """Write lvis_v1_train.json, whose images have no file name, beside val2017/."""
    names = [f"train_{n}.jpg" for n in range(4)]
    content: dict[str, Any] = coco_content(
        names, [(n, "cat", (1, 2, 20, 10)) for n in range(4)], ("cat", "dog", "bird")
    )
    for name, image in zip(names, content["images"], strict=True):
        write_image(root / "val2017" / name)
        del image["file_name"]
        image["coco_url"] = f"http://images.cocodataset.org/val2017/{name}"
        image["neg_category_ids"] = [83]
        image["not_exhaustive_category_ids"] = [76, 999]
    for category, frequency in zip(content["categories"], "rcf", strict=True):
        category.update(frequency=frequency, synset=f"{category['name']}.n.01")
    write_json(root / "lvis_v1_train.json", content)
    return content


def write_yolo_folder(
    root: Path, labels: Mapping[str, str | None], description: str | None = None
) -> Path:
    """Write images/PART/NAME.jpg, labels/PART/NAME.txt and data.yaml.

    Args:
        root: The folder.
        labels: Lines of each image's label file by ``PART/NAME``; None: there is no file.
        description: The content of data.yaml.
    """
    for name, lines in labels.items():
        write_image(root / "images" / f"{name}.jpg")
        if lines is not None:
            file = root / "labels" / f"{name}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(lines)
    (root / "data.yaml").write_text(
        description or "path: .\ntrain: images/train\nval: images/val\nnames: [cat, dog]\n"
    )
    return root


def voc_xml(
    filename: str, objects: Sequence[tuple[str, Box]], size: tuple[int, int] | None = (64, 48)
) -> str:
    """Make an annotation as LabelImg writes it; corners are xmin, ymin, xmax, ymax."""
    tags = ("xmin", "ymin", "xmax", "ymax")
    written = "".join(
        f"<object><name>{name}</name><difficult>0</difficult><bndbox>"
        + "".join(f"<{tag}>{value}</{tag}>" for tag, value in zip(tags, corners, strict=True))
        + "</bndbox></object>"
        for name, corners in objects
    )
    sizes = (
        "" if size is None else f"<size><width>{size[0]}</width><height>{size[1]}</height></size>"
    )
    return f"<annotation><filename>{filename}</filename>{sizes}{written}</annotation>"


def write_voc_folder(root: Path, objects: Mapping[str, Sequence[tuple[str, Box]]]) -> Path:
    """Write JPEGImages/NAME.jpg and Annotations/NAME.xml."""
    for name, entries in objects.items():
        write_image(root / "JPEGImages" / f"{name}.jpg")
        file = root / "Annotations" / f"{name}.xml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(voc_xml(f"{name}.jpg", entries))
    return root
