"""Cityscapes as its archives unpack, and data sets in its folders, such as CVAT's exports.

``leftImg8bit/PART/CITY/NAME_leftImg8bit.png`` lies beside ``gtFine/PART/CITY/NAME_gtFine_KIND.png``
(or ``gtCoarse``). Masks of the kind ``labelIds`` have the data set's 34 numbers, of which 19 are
classes; those of ``labelTrainIds``, which cityscapesScripts makes, have the numbers of the classes.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from iclip.files.images import IMAGE_EXTENSIONS, files_below
from iclip.own_data.data_set import TEST, TRAIN
from iclip.own_data.format import ReadParts
from iclip.own_data.masks import lists as mask_lists
from iclip.own_data.masks.cityscapes_classes import KINDS, class_list, told
from iclip.own_data.masks.class_lists import find_class_list
from iclip.own_data.masks.survey import read_masked_images
from iclip.own_data.part_lists import Pair
from iclip.own_data.parts import part_of
from iclip.own_data.remarks import Remarks
from iclip.tasks import SEGMENTATION

NAME = "Cityscapes"
TASKS = (SEGMENTATION,)
LOOKS_FOR = "leftImg8bit/ beside gtFine/, with *_gtFine_labelIds.png or *_gtFine_labelTrainIds.png"

_IMAGES, _IMAGE_ENDING = "leftImg8bit", "_leftImg8bit"
_MASKS = ("gtFine", "gtCoarse")


class _Folders(NamedTuple):
    """Where the images and the masks lie."""

    images: Path
    masks: Path


def signs(root: Path) -> str | None:
    """Return the folders of images and masks; None if there are none, or lists say more."""
    found = _folders(root)
    if found is None or mask_lists.signs(root) is not None:
        return None
    if next(_masks(found.masks, *KINDS), None) is None:
        return None
    return " and ".join(os.path.relpath(folder, root) for folder in found)


def read(root: Path, task: str) -> ReadParts:
    """Read a data set; see :class:`iclip.own_data.format.Format`.

    Raises:
        ValueError: Too many images have no mask, or masks have numbers that stand for nothing.
        OSError: A folder or file cannot be read.
    """
    root = Path(os.path.abspath(root))
    remarks, found = Remarks(str(root)), _folders(root)
    assert found is not None, "its signs are there"
    by_kind = {kind: _images_by_mask(found, kind) for kind in KINDS}
    # Those of training numbers are made by a script, which may have been stopped.
    most = max(len(images) for images in by_kind.values())
    kind = next(kind for kind, images in by_kind.items() if len(images) == most)
    parts = _pairs(by_kind[kind], found.masks, remarks)
    classes = find_class_list((root,))
    if classes is None:
        classes = class_list(kind)
        remarks.note(told(kind))
    return _without_blank_test(read_masked_images(parts, classes, remarks))


def _folders(root: Path) -> _Folders | None:
    """Find the folders: in the root, or as Datumaro has them, the images' one level down."""
    if not root.is_dir():
        return None
    images = next((f for f in (root / _IMAGES, root / "imgsFine" / _IMAGES) if f.is_dir()), None)
    masks = next((root / name for name in _MASKS if (root / name).is_dir()), None)
    return None if images is None or masks is None else _Folders(images, masks)


def _masks(folder: Path, *kinds: str) -> Iterator[str]:
    """List the masks of some kinds."""
    endings = tuple(f"_{kind}.png" for kind in kinds)
    return files_below(folder, lambda name: name.endswith(endings))


def _images_by_mask(found: _Folders, kind: str) -> Mapping[str, str]:
    """Return the path of the image that each mask is of, without its extension."""
    ending = f"_{found.masks.name}_{kind}.png"
    return {
        mask: str(found.images / os.path.relpath(mask.removesuffix(ending), found.masks))
        for mask in _masks(found.masks, kind)
        if mask.endswith(ending)
    }


def _pairs(masks: Mapping[str, str], folder: Path, remarks: Remarks) -> dict[str, list[Pair]]:
    """Pair masks with the images that are there, by part."""
    parts: dict[str, list[Pair]] = {}
    without = []
    for mask, stem in masks.items():
        image = _image(stem)
        if image is None:
            without.append(mask)
        else:
            part = part_of(Path(os.path.relpath(mask, folder)).parts[0]) or TRAIN
            parts.setdefault(part, []).append((image, mask))
    hint = f"put the images into {_IMAGES}/ in the same folders"
    remarks.leave_out("masks without an image", without, len(masks), hint)
    return parts


def _image(stem: str) -> str | None:
    """Return the file of an image: Cityscapes' PNG, or of another extension, or without ending."""
    names = [f"{stem}{ending}.{extension}" for ending in (_IMAGE_ENDING, "")
             for extension in ("png", *sorted(IMAGE_EXTENSIONS))]  # fmt: skip
    return next((name for name in names if os.path.isfile(name)), None)


def _without_blank_test(read: ReadParts) -> ReadParts:
    """Leave out a test part whose masks hold nothing: those of Cityscapes are not published."""
    test: Sequence = read.parts.get(TEST, ())
    if not test or any(sample.class_labels for sample in test):
        return read
    parts = {part: samples for part, samples in read.parts.items() if part != TEST}
    note = "test: its masks hold no class, so there is no test part"
    return ReadParts(read.classes, parts, read.left_out, (*read.notes, note), read.class_details)
