"""Pascal VOC's masks, and CVAT's "Segmentation mask", which has the same folders.

``JPEGImages/``, ``SegmentationClass/`` and ``ImageSets/Segmentation/*.txt`` lie in the folder, or
in ``VOC2012/`` or ``VOCdevkit/VOC2012/`` below it, where torchvision unpacks them. CVAT writes the
classes and their colors into ``labelmap.txt``; the numbers of Pascal VOC's own are known.
"""

import os
from pathlib import Path

from iclip.own_data.data_set import TEST, TRAIN, VAL
from iclip.own_data.format import ReadParts
from iclip.own_data.masks.class_lists import ClassList, ListedClass, find_class_list
from iclip.own_data.masks.pairs import IMAGE_FOLDERS, pair_files
from iclip.own_data.masks.survey import read_masked_images
from iclip.own_data.part_lists import listed_parts
from iclip.own_data.parts import part_of
from iclip.own_data.remarks import Remarks
from iclip.tasks import SEGMENTATION

NAME = "Pascal VOC"
TASKS = (SEGMENTATION,)
LOOKS_FOR = "SegmentationClass/ and ImageSets/Segmentation/ beside JPEGImages/"

_MASKS, _LISTS = "SegmentationClass", "ImageSets/Segmentation"
# The classes of Pascal VOC 2007 to 2012 by their numbers in the masks.
VOC_CLASSES = (
    *("background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair"),
    *("cow", "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa"),
    *("train", "tvmonitor"),
)


def signs(root: Path) -> str | None:
    """Return the folders of masks and lists; None if there are none."""
    base = _base(root)
    return None if base is None else os.path.relpath(base / _MASKS, root)


def read(root: Path, task: str) -> ReadParts:
    """Read the images that the lists name.

    ``train.txt`` and ``val.txt`` become parts of their names. A list of another name, such as
    CVAT's ``default.txt``, holds the training part; ``trainval.txt`` is not read beside them.

    Raises:
        ValueError: There is no list or no image; a list names what is not there; the class list has
            a mistake or does not fit the masks.
        OSError: A folder or a list cannot be read.
    """
    base = _base(Path(os.path.abspath(root)))
    assert base is not None, "signs have been seen"
    remarks = Remarks(os.fspath(root))
    found = pair_files(_image_folder(base), base / _MASKS)
    parts = listed_parts(found.pairs, _image_folder(base), _lists_by_part(base), remarks)
    classes = find_class_list((base, Path(os.path.abspath(root))))
    if classes is None:
        remarks.note("there is no labelmap.txt: the classes are Pascal VOC's 21")
        names = enumerate(VOC_CLASSES)
        classes = ClassList("Pascal VOC", tuple(ListedClass(name, n) for n, name in names))
    return read_masked_images(parts, classes, remarks)


def _base(root: Path) -> Path | None:
    """Find the folder with masks and lists."""
    if not root.is_dir():
        return None
    candidates = [root, *sorted(root.glob("VOC*")), *sorted(root.glob("VOCdevkit/VOC*"))]
    for folder in candidates:
        if (folder / _MASKS).is_dir() and (folder / _LISTS).is_dir():
            return folder
    return None


def _image_folder(base: Path) -> Path:
    """Find the folder of the images.

    Raises:
        ValueError: There is none.
    """
    names = {entry.name.lower(): entry for entry in sorted(base.iterdir()) if entry.is_dir()}
    found = [names[name] for name in ("jpegimages", *IMAGE_FOLDERS) if name in names]
    if not found:
        raise ValueError(
            f"{base} has {_MASKS} and no folder of images: put them into {base / 'JPEGImages'} (in "
            "CVAT, export with 'Save images')"
        )
    return found[0]


def _lists_by_part(base: Path) -> dict[str, list[Path]]:
    """Find the lists of each part.

    Raises:
        ValueError: There is none.
    """
    files = sorted((base / _LISTS).glob("*.txt"))
    if not files:
        raise ValueError(f"{base / _LISTS} has no list: write train.txt, a name per line")
    named = {file.stem.lower(): file for file in files}
    parts = {part: [named[part]] for part in (TRAIN, VAL, TEST) if part in named}
    if TRAIN not in parts:
        # CVAT's subsets have any names; "trainval" holds all.
        parts[TRAIN] = [file for file in files if part_of(file.stem) in (None, TRAIN)]
    return {part: files for part, files in parts.items() if files}
