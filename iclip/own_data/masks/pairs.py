"""Where images and their masks lie: pairs of folders, and pairs of files in them.

A mask has the name of its image, apart from the extension, or that name with an ending such as
``_mask``. It lies in a folder ``masks/`` beside ``images/``, with the parts' folders above or below
both; in ``trainannot/`` beside ``train/``, as CamVid has it; or beside its image, as Roboflow has
it.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from iclip.files.images import LeftOut, images_below, is_image_name
from iclip.own_data.data_set import TRAIN
from iclip.own_data.parts import part_of

# Names of folders, in lower case.
IMAGE_FOLDERS = ("images", "image", "imgs", "img", "jpegimages")
MASK_FOLDERS = (
    *("masks", "mask", "labels", "label", "annotations", "annotation", "segmentationclass"),
    *("segmentation", "segmentations", "segmentation_masks", "ground_truth", "gt", "label_maps"),
)
# What follows the name of a part's folder of images to name that of its masks.
_PART_ENDINGS = ("annot", "_annot", "_labels", "_masks", "_mask", "_gt", "labels", "masks")
# What follows an image's name in that of its mask.
NAME_ENDINGS = (
    "_mask",
    "-mask",
    "_masks",
    "_label",
    "_labels",
    "_gt",
    "_seg",
    "_segmentation",
    "_L",
)


@dataclass(frozen=True)
class FolderPair:
    """A folder of images and the folder of their masks, which may be the same.

    Attributes:
        part: ``train``, ``val`` or ``test``.
        images: The folder of the images.
        masks: The folder of the masks; None if this part has none, unlike others.
    """

    part: str
    images: Path
    masks: Path | None


def find_folder_pairs(root: Path) -> list[FolderPair]:
    """Find the folders of images and of masks; empty if there are none.

    Raises:
        OSError: A folder cannot be read.
    """
    folders = _folders_in(root)
    by_part = [(part, folder) for folder in folders if (part := part_of(folder.name))]
    pairs = _by_names(root, folders)
    for part, folder in by_part:
        pairs += [FolderPair(part, *two) for two in _named_pair(_folders_in(folder))]
    return pairs or _by_part_endings(folders) or _mixed(root, by_part)


def _by_names(root: Path, folders: Sequence[Path]) -> list[FolderPair]:
    """Pair ``images/`` and ``masks/``, each with the parts' folders in it or not."""
    found = _named_pair(folders)
    if not found:
        return []
    images, masks = found[0]
    mask_parts = {part: folder for folder in _folders_in(masks) if (part := part_of(folder.name))}
    pairs = [
        FolderPair(part, folder, mask_parts.get(part))
        for folder in _folders_in(images)
        if (part := part_of(folder.name))
    ]
    return pairs if mask_parts else [FolderPair(TRAIN, images, masks)]


def _named_pair(folders: Sequence[Path]) -> list[tuple[Path, Path]]:
    """Return the folder of images and that of masks among some, if there are both."""
    names = {folder.name.lower(): folder for folder in folders}
    images = next((names[name] for name in IMAGE_FOLDERS if name in names), None)
    masks = next((names[name] for name in MASK_FOLDERS if name in names), None)
    if images is None or masks is None or not _holds_image(masks):
        return []  # `labels/` may hold YOLO's text files, and `annotations/` COCO's or VOC's
    return [(images, masks)]


def _by_part_endings(folders: Sequence[Path]) -> list[FolderPair]:
    """Pair ``train/`` with ``trainannot/``, and ``train_images/`` with ``train_masks/``."""
    names = {folder.name.lower(): folder for folder in folders}
    pairs = []
    for name, folder in names.items():
        stem = name.removesuffix("_images")
        ending = next((end for end in _PART_ENDINGS if stem + end in names), None)
        if ending is not None and _holds_image(names[stem + ending]):
            # CVAT calls a data set without parts "default".
            pairs.append(FolderPair(part_of(stem) or TRAIN, folder, names[stem + ending]))
    return pairs


def _mixed(root: Path, by_part: Sequence[tuple[str, Path]]) -> list[FolderPair]:
    """List folders with images and masks in them."""
    return [
        FolderPair(part, folder, folder)
        for part, folder in by_part or [(TRAIN, root)]
        if _holds_both(folder)
    ]


def _holds_both(folder: Path) -> bool:
    """Whether a folder holds an image and a mask that is named after it."""
    names = {Path(entry.name).stem for entry in os.scandir(folder) if is_image_name(entry.name)}
    return any(_without_ending(name) in names for name in names if _without_ending(name) != name)


def _without_ending(stem: str) -> str:
    return next((stem.removesuffix(end) for end in NAME_ENDINGS if stem.endswith(end)), stem)


def _folders_in(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        found = [entry.name for entry in entries if entry.is_dir() and entry.name[0] != "."]
    return [folder / name for name in sorted(found)]


def _holds_image(folder: Path) -> bool:
    return next(images_below(folder), None) is not None


@dataclass(frozen=True)
class FilePairs:
    """Images and their masks.

    Attributes:
        pairs: Path of each image and of its mask, in the order of the images' names.
        unmasked: Images without a mask.
        unused: Masks without an image.
        same_name: Images whose mask another image of the same name has.
        left_out: Other files in the folders.
    """

    pairs: tuple[tuple[str, str], ...]
    unmasked: tuple[str, ...]
    unused: tuple[str, ...]
    same_name: tuple[str, ...]
    left_out: LeftOut


def pair_files(image_folder: Path, mask_folder: Path) -> FilePairs:
    """Find the mask of each image of a folder, at any depth of it.

    Args:
        image_folder: Holds the images.
        mask_folder: Holds the masks; may be the same folder.

    Raises:
        OSError: A folder cannot be read.
    """
    left_out = LeftOut()
    images = _names_below(image_folder, left_out)
    if image_folder == mask_folder:
        stems = {os.path.splitext(name)[0] for name in images}
        masks = [name for name in images if _is_mask_among(name, stems)]
        images = [name for name in images if not _is_mask_among(name, stems)]
    else:
        masks = _names_below(mask_folder, left_out)
    by_stem: dict[str, str] = {}
    for name in masks:
        by_stem.setdefault(os.path.splitext(name)[0], name)
    taken: dict[str, str] = {}  # image by mask
    pairs, unmasked, same_name = [], [], []
    for name in images:
        mask = next((by_stem[stem] for stem in _mask_stems(name) if stem in by_stem), None)
        path = os.path.join(image_folder, name)
        if mask is None:
            unmasked.append(path)
        elif mask in taken:
            same_name.append(path)
        else:
            taken[mask] = name
            pairs.append((path, os.path.join(mask_folder, mask)))
    unused = [os.path.join(mask_folder, name) for name in masks if name not in taken]
    return FilePairs(tuple(pairs), tuple(unmasked), tuple(unused), tuple(same_name), left_out)


def _names_below(folder: Path, left_out: LeftOut) -> list[str]:
    """List images by their paths below a folder."""
    return [os.path.relpath(path, folder) for path in images_below(folder, left_out)]


def _mask_stems(name: str) -> Iterator[str]:
    """Yield the names that the mask of an image may have, without extension, the likely first."""
    stem = os.path.splitext(name)[0]
    yield stem
    yield name  # some tools add the mask's extension to the image's
    for ending in NAME_ENDINGS:
        yield stem + ending


def _is_mask_among(name: str, stems: set[str]) -> bool:
    """Whether a file is named after another one of its folder, as a mask is."""
    stem = os.path.splitext(name)[0]
    shortened = _without_ending(stem)
    return shortened != stem and shortened in stems
