"""Images and masks in folders beside each other: the form of most annotation tools' masks.

Where no folder says which part an image is of, ``train.txt``, ``val.txt`` and ``test.txt`` beside
the folders may, with an image's name per line.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from iclip.messages import counted
from iclip.own_data.data_set import PARTS, TRAIN
from iclip.own_data.format import ReadParts
from iclip.own_data.masks import lists as mask_lists
from iclip.own_data.masks.class_lists import find_class_list
from iclip.own_data.masks.pairs import FolderPair, find_folder_pairs, pair_files
from iclip.own_data.masks.survey import read_masked_images
from iclip.own_data.part_lists import Pair, listed_parts
from iclip.own_data.remarks import Remarks
from iclip.own_data.voc import segmentation as voc_masks
from iclip.tasks import SEGMENTATION

NAME = "masks"
TASKS = (SEGMENTATION,)
LOOKS_FOR = "images/ and masks/ (with train/ and val/ above or below), or x.jpg beside x_mask.png"


def signs(root: Path) -> str | None:
    """Return the first two folders of images and masks; None if there are none."""
    others = (voc_masks, mask_lists)
    if not root.is_dir() or any(other.signs(root) is not None for other in others):
        return None
    pairs = [pair for pair in find_folder_pairs(root) if pair.masks is not None]
    if not pairs:
        return None
    first = pairs[0]
    if first.images == first.masks:
        return f"images and masks in {_below(first.images, root)}"
    return f"{_below(first.images, root)} and {_below(first.masks, root)}"


def read(root: Path, task: str) -> ReadParts:
    """Read the pairs of all folders.

    Raises:
        ValueError: There is no pair; the class list has a mistake or does not fit the masks; or too
            many files cannot be used.
        OSError: A folder or a list cannot be read.
    """
    remarks = Remarks(os.fspath(root))
    root = Path(os.path.abspath(root))
    folders = find_folder_pairs(root)
    parts: dict[str, list[Pair]] = {}
    for folder in folders:
        if folder.masks is None:
            remarks.note(f"{_below(folder.images, root)} has no masks: it is not used")
            continue
        pairs = _pairs(folder.images, folder.masks, remarks, root)
        lists = _lists(root) if len(folders) == 1 else {}
        if lists:
            parts |= listed_parts(pairs, folder.images, lists, remarks)
        else:
            parts.setdefault(folder.part, []).extend(pairs)
    return read_masked_images(parts, find_class_list(_list_places(root, folders)), remarks)


def _lists(root: Path) -> dict[str, list[Path]]:
    """Find lists of the parts beside the folders; empty if there is none of training."""
    files = {part: root / f"{part}.txt" for part in PARTS}
    found = {part: [file] for part, file in files.items() if file.is_file()}
    return found if TRAIN in found else {}


def _pairs(images: Path, masks: Path, remarks: Remarks, root: Path) -> Sequence[Pair]:
    """Pair the files of two folders, and count those that have no partner.

    Raises:
        ValueError: No image has a mask, or too many have none.
        OSError: A folder cannot be read.
    """
    found = pair_files(images, masks)
    if not found.pairs:
        an_image = os.path.basename(found.unmasked[0]) if found.unmasked else "none"
        a_mask = os.path.basename(found.unused[0]) if found.unused else "none"
        raise ValueError(
            f"no image of {images} (such as {an_image}) has a mask of its name in {masks} (such as "
            f"{a_mask}): a mask is called as its image apart from the extension, or with _mask at "
            "the end"
        )
    total = len(found.pairs) + len(found.unmasked) + len(found.same_name)
    hint = "add masks of their names, or remove them"
    remarks.leave_out("images without a mask", found.unmasked, total, hint)
    remarks.leave_out(
        "images whose mask another image has", found.same_name, total, "rename one of each"
    )
    remarks.leave_out("masks without an image", found.unused)
    remarks.left_out.update(found.left_out)
    remarks.note(f"{_below(images, root)}: {counted(len(found.pairs), 'image')} with a mask")
    return found.pairs


def _list_places(root: Path, folders: Sequence[FolderPair]) -> list[Path]:
    """List the folders in which the class list may lie: the root, and those below on the way."""
    used = [folder for pair in folders for folder in (pair.images, pair.masks) if folder]
    above = [folder.parent for folder in used if folder != root]
    return [root, *above, *used]


def _below(folder: Path | None, root: Path) -> str:
    return os.path.relpath(folder, root) if folder is not None else ""
