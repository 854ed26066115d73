"""The images of a YOLO data set, and where the labels of each one are."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from iclip.files.images import LeftOut, images_below, is_image_name
from iclip.files.text import open_text, read_text
from iclip.messages import counted, listing
from iclip.own_data.data_set import TEST, TRAIN
from iclip.own_data.parts import part_of
from iclip.own_data.remarks import Remarks
from iclip.own_data.yolo import darknet
from iclip.own_data.yolo.data_file import Description, description_files, read_description

_IMAGES, _LABELS = "images", "labels"
# Lists of names beside images and labels: LabelImg's and Label Studio's, and darknet's.
_NAME_LISTS = ("classes.txt", "labels/classes.txt", "obj.names")


@dataclass(frozen=True)
class YoloFiles:
    """Images and names of a data set.

    Attributes:
        names: Names of the classes by the number that labels have.
        named_by: The file that names them.
        images: Paths of the images of each part.
        has_key_points: Whether labels have key points after the box.
    """

    names: tuple[str, ...]
    named_by: Path
    images: Mapping[str, Sequence[str]]
    has_key_points: bool


def yolo_signs(root: Path) -> str | None:
    """Return the file that describes the data set, or its pair of folders with a list of names."""
    described = description_files(root)
    if described:
        return described[0].name
    if root.is_dir() and (root / _IMAGES).is_dir() and (root / _LABELS).is_dir():
        names = _name_list(root)
        return None if names is None else f"images/, labels/ and {names.name}"
    return None


def read_yolo_files(root: Path, remarks: Remarks) -> YoloFiles:
    """List the images of a data set.

    Args:
        root: Its folder, or its ``data.yaml``.
        remarks: Receives what was decided.

    Raises:
        ValueError: Its description does not fit what is there.
        OSError: A file cannot be read.
    """
    described = description_files(root)
    if len(described) > 1:
        names = listing([file.name for file in described])
        raise ValueError(f"{root} has several descriptions, {names}: --data {described[0]}")
    if not described:
        return _without_description(root)
    description = read_description(described[0], remarks)
    images = {}
    for part, places in description.places.items():
        absent = [place for place in places if _existing(description, place) is None]
        if absent and part == TEST:
            # Often a list that only those have who made the data set.
            remarks.note(f"test: {absent[0]!r} is not there, so there is no test part")
            continue
        listed = [image for place in places for image in _images(description, part, place, remarks)]
        images[part] = list(dict.fromkeys(listed))
        repeated = len(listed) - len(images[part])
        if repeated:
            remarks.note(f"{part}: {counted(repeated, 'image')} listed again")
    return YoloFiles(description.names, description.file, images, description.has_key_points)


def label_files(images: Sequence[str]) -> list[str]:
    """Return where the labels of images are.

    By YOLO's rule, the last folder ``images`` on the way to an image has a folder ``labels``
    beside it with the same folders in it; without such a folder, they are beside the image.
    """
    label_folders: dict[str, str] = {}
    files = []
    for image in images:
        folder, name = os.path.split(image)
        if folder not in label_folders:
            label_folders[folder] = _label_folder(folder)
        files.append(os.path.join(label_folders[folder], os.path.splitext(name)[0] + ".txt"))
    return files


def _label_folder(folder: str) -> str:
    """Return the folder of the labels of a folder's images."""
    names = folder.split(os.sep)
    at = max((at for at, name in enumerate(names) if name.lower() == _IMAGES), default=None)
    if at is None:
        return folder
    beside = [(*names[:at], labels) for labels in (_LABELS, _LABELS.capitalize(), _LABELS.upper())]
    found = next((place for place in beside if os.path.isdir(os.sep.join(place))), None)
    return folder if found is None else os.sep.join((*found, *names[at + 1 :]))


def _images(description: Description, part: str, place: str, remarks: Remarks) -> Iterator[str]:
    """List the images of one entry of a part: a folder, a list of images, or an image."""
    found = _existing(description, place)
    if found is None:
        tried = listing([str(path) for path in _candidates(description, place)])
        raise ValueError(
            f"{description.file}: {part} is {place!r}, which is not there; looked for {tried}. "
            "Correct it, or path"
        )
    if found.is_dir():
        left_out = LeftOut()
        yield from images_below(found, left_out)
        left_out.counts.pop(".txt", None)  # labels, which may lie beside the images
        remarks.left_out.update(left_out)
    elif is_image_name(found.name):
        yield str(found)
    else:
        yield from _listed(description, found, remarks)


def _listed(description: Description, file: Path, remarks: Remarks) -> Iterator[str]:
    """Read a list of images, a path on each line."""
    not_images = []
    with open_text(file) as lines:
        for line in lines:
            name = line.strip()
            if not name:
                continue
            if not is_image_name(name):
                not_images.append(f"{name} in {file.name}")
                continue
            tried = [file.parent / name, *_candidates(description, name)]
            path = next((path for path in tried if path.is_file()), tried[0])
            yield os.path.normpath(path)
    remarks.leave_out("listed names of other files than images", not_images)


def _existing(description: Description, place: str) -> Path | None:
    return next((path for path in _candidates(description, place) if path.exists()), None)


def _candidates(description: Description, place: str) -> list[Path]:
    """List the paths that may be meant, without repetition.

    ``path`` is relative to the file or to the working directory, and may be of another machine;
    Roboflow writes ``../train/images`` of what lies beside the file, and CVAT ``data/train.txt``.
    """
    here, base = description.file.parent, description.base
    place = place.replace("\\", "/")
    spellings = (place, place.removeprefix("../"), place.removeprefix(darknet.FOLDER))
    bases = [here / base, Path.cwd() / base, here, Path.cwd()]
    tried = [folder / name for name in dict.fromkeys(spellings) for folder in bases]
    return [Path(path) for path in dict.fromkeys(os.path.normpath(path) for path in tried)]


def _without_description(root: Path) -> YoloFiles:
    """List the images of a lone pair of folders; folders of parts may be in them."""
    named_by = _name_list(root)
    assert named_by is not None  # a sign that it was recognized by
    names = [line.strip() for line in read_text(named_by).splitlines()]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise ValueError(f"{named_by} is empty: write the name of a class on each line")
    images: dict[str, list[str]] = {}
    folder = root / _IMAGES
    for image in images_below(folder):
        inner = Path(image).relative_to(folder).parts
        part = part_of(inner[0]) if len(inner) > 1 else None
        images.setdefault(part or TRAIN, []).append(image)
    return YoloFiles(tuple(names), named_by, images, has_key_points=False)


def _name_list(root: Path) -> Path | None:
    return next((root / name for name in _NAME_LISTS if (root / name).is_file()), None)
