"""Classification: a folder of images per class, as torchvision, Roboflow and Tiny-ImageNet have."""

import os
from pathlib import Path

from iclip.data_summary import merged
from iclip.files.images import LeftOut, images_below, is_image_name
from iclip.files.text import read_text
from iclip.own_data.class_folders import (
    FilesByClass,
    class_folder_signs,
    read_class_folders,
)
from iclip.own_data.format import ReadParts
from iclip.own_data.images_by_class.labelled_file import readable_files
from iclip.own_data.remarks import Remarks
from iclip.tasks import CLASSIFICATION

NAME = "class folders"
TASKS = (CLASSIFICATION,)
LOOKS_FOR = (
    "a folder of images per class, or train/ and val/ (test/) with a folder per class in each"
)

# Tiny-ImageNet's list of a part whose images lie in one folder: `val_0.JPEG<tab>n03444034<tab>0...`
_LIST, _LISTED_IMAGES = "{}_annotations.txt", "images"
_WITHOUT_CLASS = "images without a class"


def signs(root: Path) -> str | None:
    """Look for folders with images."""
    return class_folder_signs(root, is_image_name)


def read(root: Path, task: str) -> ReadParts:
    """List the images of all classes.

    Raises:
        ValueError: No class has an image, a part lies there twice, or more than a tenth of the
            images cannot be read.
        OSError: A folder or list cannot be read.
    """
    found = read_class_folders(root, is_image_name, files_of=_listed_files)
    remarks = Remarks(os.fspath(root))
    parts = {part: readable_files(files, remarks) for part, files in found.parts.items()}
    left_out = merged([*remarks.omissions(), *found.left_out])
    return ReadParts(found.classes, parts, left_out, found.notes)


def _listed_files(folder: Path, left_out: LeftOut) -> FilesByClass | None:
    """List the images of a part by Tiny-ImageNet's list, or none where they have no class."""
    images = folder / _LISTED_IMAGES
    others = [entry for entry in os.scandir(folder) if entry.is_dir() and entry.name != images.name]
    if others or not images.is_dir():
        return None
    table = folder / _LIST.format(folder.name)
    classes: dict[str, str] = {}
    if table.is_file():
        rows = (line.split("\t") for line in read_text(table).splitlines())
        classes = {row[0].strip(): row[1].strip() for row in rows if len(row) > 1}
    found: dict[str, list[str]] = {}
    for file in images_below(images, left_out):
        name = os.path.basename(file)
        if classes.get(name):
            found.setdefault(classes[name], []).append(file)
        else:
            left_out.add(file, _WITHOUT_CLASS)
    return found
