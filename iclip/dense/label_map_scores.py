"""How well words name pixels: the word maps of images against their label maps."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from iclip.datasets.readers.decoding import DecodeError, bgr_pixels
from iclip.dense.word_segmenter import WordSegmenter
from iclip.evaluation.class_iou import ClassPixels, class_pixels
from iclip.files.storage import read_bytes
from iclip.messages import counted, listing
from iclip.progress import Progress

# The modes of index maps; what else there is has colors.
_INDEXED = ("L", "P", "I;16", "I", "1")
# Label maps are told by name alone, in these formats.
_SUFFIXES = (".png", ".bmp", ".tif", ".tiff")


def find_label_maps(images: Sequence[Path], folder: Path) -> Mapping[Path, Path]:
    """Find each image's label map: the file of its name in a folder, at any depth.

    Raises:
        FileNotFoundError: There is no such folder.
        ValueError: An image has none, or several.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"--label-maps {folder} is not a folder")
    by_stem: dict[str, list[Path]] = {}
    for place, _, names in os.walk(folder):
        for name in names:
            if name.lower().endswith(_SUFFIXES) and not name.startswith("."):
                by_stem.setdefault(Path(name).stem, []).append(Path(place) / name)
    missing = [str(image) for image in images if image.stem not in by_stem]
    if missing:
        raise ValueError(
            f"--label-maps {folder} lacks the maps of {len(missing)} of "
            f"{counted(len(images), 'image')}: {listing(missing, 3)}. A map has its image's name, "
            f"and ends in {', '.join(_SUFFIXES)}"
        )
    several = [by_stem[image.stem] for image in images if len(by_stem[image.stem]) > 1]
    if several:
        raise ValueError(
            f"--label-maps {folder} holds two maps of one name, {several[0][0]} and "
            f"{several[0][1]}: name the folder of one part"
        )
    return {image: by_stem[image.stem][0] for image in images}


def read_label_map(path: Path) -> npt.NDArray[np.int64]:
    """Read the number of each pixel, (H, W).

    Raises:
        ValueError: It is not an index map, or damaged.
        OSError: The file cannot be read.
    """
    try:
        with Image.open(path) as image:
            if image.mode not in _INDEXED:
                raise ValueError(f"its pixels are {image.mode}, and a number of each is needed")
            return np.asarray(image).astype(np.int64)
    except (ValueError, SyntaxError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(f"label map {path} cannot be read: {error}") from error


def score_label_maps(
    segmenter: WordSegmenter, label_maps: Mapping[Path, Path], first_number: int
) -> ClassPixels:
    """Segment images and count pixels, whether the segmenter is sure or not.

    Args:
        segmenter: Its labels are the words, and perhaps a background, which is never right.
        label_maps: By image.
        first_number: The number of the first word in the label maps; the second has the next, and
            so on. Other numbers are not counted.

    Raises:
        ValueError: A map has another size than its image, or a file is damaged.
    """
    progress = Progress("images", len(label_maps))
    num_words, nothing = len(segmenter.words), np.empty(0, np.int64)
    total = class_pixels(nothing, nothing, num_words)
    for image, label_map in label_maps.items():
        try:
            pixels = bgr_pixels(read_bytes(image))
        except DecodeError as error:
            raise ValueError(f"{image} cannot be decoded: {error}") from error
        true = read_label_map(label_map)
        if true.shape != pixels.shape[:2]:
            raise ValueError(
                f"label map {label_map} has {true.shape[1]} x {true.shape[0]} pixels, and {image} "
                f"has {pixels.shape[1]} x {pixels.shape[0]}"
            )
        total += class_pixels(segmenter.word_map(pixels).labels, true - first_number, num_words)
        progress.advance(1)
    return total
