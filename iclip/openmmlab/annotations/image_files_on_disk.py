"""Check that the images of an annotation file are on disk and have the sizes that it says."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from iclip.files.image_headers import image_size
from iclip.findings import FileFindings
from iclip.messages import one_line
from iclip.openmmlab.annotations.image_headers import evenly_spaced

# Number of images whose headers are read; that the files exist is checked for all.
SAMPLE = 100


@dataclass(frozen=True)
class ListedImage:
    """An image of an annotation file.

    Attributes:
        path: The file that the data set reads.
        width: Width in pixels, as the annotation file says.
        height: Height in pixels, as the annotation file says.
    """

    path: str
    width: float
    height: float


def check_images(images: Sequence[ListedImage], turned: bool, found: FileFindings) -> None:
    """Check that all images exist, and that a sample of them have the sizes that the file says.

    Args:
        images: The images of one annotation file.
        turned: Whether the reader turns images as their EXIF data says.
        found: Receives what is wrong.
    """
    folders = {os.path.dirname(image.path) for image in images}
    # Listing a folder once is faster than asking for each of its files.
    names = {folder: _names_in(folder) for folder in folders}
    as_written = {folder: {name.lower(): name for name in names[folder]} for folder in folders}
    absent, other_case, there = [], [], []
    for image in images:
        folder, name = os.path.split(image.path)
        if name in names[folder]:
            there.append(image)
        elif name.lower() in as_written[folder]:
            other_case.append(f"{image.path}, in the folder as {as_written[folder][name.lower()]}")
        else:
            absent.append(image.path)
    found.fault("missing images", absent, "put them there, or correct data_prefix or data_root")
    found.fault("images whose file names differ in case", other_case, "rename them")
    _check_sizes(there, turned, found)


def _check_sizes(images: Sequence[ListedImage], turned: bool, found: FileFindings) -> None:
    """Compare the sizes of a sample of existing images with those that the file says."""
    sample = [images[position] for position in evenly_spaced(len(images), SAMPLE)]
    unreadable, other_size = [], []
    for image in sample:
        try:
            size = image_size(image.path, turned)
        except (OSError, ValueError) as error:
            unreadable.append(f"{image.path}: {one_line(error)}")
            continue
        if size != (image.width, image.height):
            other_size.append(
                f"{image.path} is {size[0]} x {size[1]}, the file says "
                f"{image.width} x {image.height}"
            )
    of = f"of {len(sample):,} looked at"
    found.fault(f"images that cannot be read, {of}", unreadable, "replace them")
    found.fault(
        f"images of another size than the file says, {of}",
        other_size,
        "their boxes do not fit: annotate these images, or use the annotated ones",
    )


def _names_in(folder: str) -> dict[str, None]:
    """List the names in a folder as keys, in the folder's order; none if it does not exist."""
    folder = folder or "."
    return dict.fromkeys(os.listdir(folder) if os.path.isdir(folder) else ())
