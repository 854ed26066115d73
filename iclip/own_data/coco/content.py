"""Read COCO's annotation files: images, objects and classes, whatever the ids are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iclip.files.annotations import read_json
from iclip.files.coco import missing_parts
from iclip.messages import listing
from iclip.own_data.coco.categories import id_key, read_categories
from iclip.own_data.coco.files import coco_files, file_of_each_part
from iclip.own_data.coco.images import image_files, image_name, unlisted_images
from iclip.own_data.data_set import PARTS
from iclip.own_data.image_sizes import SizedImage, sized_images
from iclip.own_data.remarks import Remarks
from iclip.own_data.stated_sizes import fitting_images

_NEEDED = {
    "images": ("id",),
    "annotations": ("image_id", "category_id"),
    "categories": ("id", "name"),
}


@dataclass(frozen=True)
class CocoPart:
    """One part of a data set.

    Attributes:
        images: The images that can be read, each of them once.
        entries: What the file says of each image.
        turns: By which orientation the annotations of each image are to be turned: they were drawn
            on pixels as stored, training reads upright ones. 1 for nearly all.
        objects: The annotations of these images, as the file has them.
        rows: The position of each object's image.
        labels: The label of each object.
        label_of_id: The label of each category's id.
    """

    images: Sequence[SizedImage]
    entries: Sequence[Mapping[str, Any]]
    turns: Sequence[int]
    objects: Sequence[Mapping[str, Any]]
    rows: Sequence[int]
    labels: Sequence[int]
    label_of_id: Mapping[str, int]

    def labels_of(self, ids: Sequence[Any]) -> list[int]:
        """Return the labels of categories by their ids; unknown ids have none."""
        keys = map(id_key, ids)
        return [self.label_of_id[key] for key in keys if key in self.label_of_id]

    def name(self, row: int) -> str:
        """Name an object in a message."""
        number = self.objects[row].get("id", "without id")
        return f"annotation {number} of {self.images[self.rows[row]].name}"


@dataclass(frozen=True)
class CocoParts:
    """A data set in COCO's form.

    Attributes:
        classes: Names of the classes.
        categories: What the files say of each class, by label.
        parts: The parts that have a file.
        remarks: What was left out and decided.
    """

    classes: tuple[str, ...]
    categories: tuple[Mapping[str, Any], ...]
    parts: Mapping[str, CocoPart]
    remarks: Remarks


def read_coco_parts(root: Path) -> CocoParts:
    """Read all annotation files of a data set.

    Args:
        root: Its folder, or one annotation file.

    Raises:
        ValueError: A file is not in this form, or does not fit its images; the message names it.
        OSError: A file cannot be read.
    """
    remarks = Remarks(str(root))
    files = file_of_each_part(coco_files(root), root, remarks)
    contents = {part: _read(files[part]) for part in PARTS if part in files}
    file_names = {part: file.name for part, file in files.items()}
    classes = read_categories(contents, file_names, remarks)
    paths = {
        part: image_files([image_name(e) for e in content["images"]], files[part], part, remarks)
        for part, content in contents.items()
    }
    if root.is_dir():
        # Of a single file, the images beside those that it lists may be of other parts.
        listed = [path for of_part in paths.values() for path in of_part]
        remarks.leave_out("images that no annotation file lists", unlisted_images(listed))
    parts = {
        part: _read_part(content, paths[part], classes.label_of_id[part], files[part], remarks)
        for part, content in contents.items()
    }
    return CocoParts(classes.names, classes.categories, parts, remarks)


def _read(file: Path) -> Mapping[str, Any]:
    content = read_json(file)
    if not isinstance(content, dict):
        raise ValueError(f"{file} is not an object with images, annotations and categories")
    lacking = missing_parts(content, _NEEDED)
    if lacking:
        raise ValueError(f"{file} lacks {listing(lacking)}, which COCO's files have")
    unnamed = sum(not image_name(image) for image in content["images"])
    if unnamed:
        raise ValueError(
            f"{file} lacks file_name of {unnamed:,} of {len(content['images']):,} images"
        )
    return content


def _read_part(
    content: Mapping[str, Any],
    files: Sequence[str],
    labels: Mapping[str, int],
    file: Path,
    remarks: Remarks,
) -> CocoPart:
    """Read the sizes of one file's images, and give each annotation its image and label."""
    entries: list[Mapping[str, Any]] = content["images"]
    position = _positions(entries, files, file, remarks)
    first = list(dict.fromkeys(position.values()))
    sized = sized_images([files[at] for at in first], remarks)
    turns = fitting_images(sized, [_size(entries[at]) for at in first], remarks)
    images = [image for place, image in enumerate(sized) if image is not None and place in turns]
    row_of = {first[place]: row for row, place in enumerate(turns)}
    listed = {key: row_of.get(at) for key, at in position.items()}
    objects, rows, object_labels = _assigned(content["annotations"], listed, labels, file, remarks)
    return CocoPart(
        images,
        [entries[first[place]] for place in turns],
        list(turns.values()),
        objects,
        rows,
        object_labels,
        labels,
    )


def _positions(
    entries: Sequence[Mapping[str, Any]], files: Sequence[str], file: Path, remarks: Remarks
) -> dict[str, int]:
    """Return, by image id, the position of the first entry of the image's file.

    Raises:
        ValueError: An id stands for two images.
    """
    of_file: dict[str, int] = {}
    position: dict[str, int] = {}
    again = []
    for at, (entry, path) in enumerate(zip(entries, files, strict=True)):
        key = id_key(entry["id"])
        first = of_file.setdefault(path, at)
        if first != at:
            again.append(path)
        if position.setdefault(key, first) != first:
            raise ValueError(
                f"{file}: the id {key} is that of two images, {files[position[key]]} and {path}: "
                "give each image its own"
            )
    remarks.leave_out("images listed again, their boxes put together", again)
    return position


def _assigned(
    annotations: Sequence[Mapping[str, Any]],
    row_of_image: Mapping[str, int | None],
    labels: Mapping[str, int],
    file: Path,
    remarks: Remarks,
) -> tuple[list[Mapping[str, Any]], list[int], list[int]]:
    """Give each annotation its image and its label; leave out those without."""
    objects, rows, object_labels = [], [], []
    strays, unknown, ignored = [], [], []
    for annotation in annotations:
        image = id_key(annotation["image_id"])
        category = id_key(annotation["category_id"])
        if image not in row_of_image:
            strays.append(f"annotation {annotation.get('id')} of image {image}")
        elif category not in labels:
            unknown.append(f"annotation {annotation.get('id')} of category {category}")
        elif annotation.get("ignore"):
            ignored.append(f"annotation {annotation.get('id')}")
        elif (row := row_of_image[image]) is not None:  # None: its image is left out
            objects.append(annotation)
            rows.append(row)
            object_labels.append(labels[category])
    total = len(annotations)
    hint = f"does {file.name} lack some of them?"
    remarks.leave_out("annotations of unlisted images", strays, total, hint)
    remarks.leave_out("annotations of unlisted categories", unknown, total, hint)
    remarks.leave_out("annotations marked ignore", ignored)
    return objects, rows, object_labels


def _size(entry: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the width and height that a file says; None if it says none."""
    try:
        width, height = int(entry["width"]), int(entry["height"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return (width, height) if width > 0 and height > 0 else None
