"""The objects of YOLO's images: label files beside images, by YOLO's own rules."""

import os
from collections.abc import Sequence

from iclip.own_data.image_sizes import SECONDS_BEFORE_FIRST_REPORT, SizedImage
from iclip.own_data.remarks import Remarks
from iclip.own_data.yolo_files import YoloFiles, label_file
from iclip.own_data.yolo_lines import LabelLine, read_label_file
from iclip.progress import Progress

HINT = (
    "a line is class, centre x, centre y, width, height, or class and the corners of a polygon, in "
    "shares of the image (0 to 1): are they in pixels? Key points need kpt_shape in data.yaml"
)
# Lists of names and images that lie among the labels.
_OTHER_FILES = {"classes.txt", "train.txt", "val.txt", "test.txt", "notes.txt", "readme.txt"}


def read_objects(
    images: Sequence[SizedImage], files: YoloFiles, part: str, remarks: Remarks
) -> list[tuple[LabelLine, ...]]:
    """Read the objects of each image; an empty or missing label file means none.

    Args:
        images: The images of one part.
        files: The data set, for its number of classes.
        part: Its name, for messages.
        remarks: Receives what was left out.

    Raises:
        ValueError: No image has a label file, or more than a tenth of the lines is odd.
        OSError: A label file cannot be read.
    """
    found: list[tuple[LabelLine, ...]] = []
    without_file, malformed, repeated, unknown = [], [], [], []
    progress = Progress(
        "label files", len(images), interval=SECONDS_BEFORE_FIRST_REPORT, patient=True
    )
    for image in images:
        path = label_file(image.file)
        progress.advance()
        try:
            read = read_label_file(path, files.has_key_points)
        except FileNotFoundError:
            without_file.append(image.file)
            found.append(())
            continue
        where = os.path.basename(path)
        malformed += [f"{where} line {number}: {text}" for number, text in read.malformed]
        repeated += [f"{where} line {number}" for number in read.repeated]
        known = tuple(line for line in read.objects if line.label < len(files.names))
        if len(known) < len(read.objects):
            unknown += [
                f"class {line.label} in {where} line {line.line}"
                for line in read.objects
                if line.label >= len(files.names)
            ]
        found.append(known)
    total = sum(map(len, found)) + len(malformed) + len(unknown)
    remarks.leave_out("malformed lines", malformed, total, HINT)
    names = f"{files.named_by.name} has {len(files.names)} names, for the numbers from 0"
    remarks.leave_out("lines of classes without a name", unknown, total, names)
    remarks.leave_out("boxes stated again", repeated)
    _note_missing(images, without_file, part, remarks)
    _leave_out_strays(images, remarks)
    return found


def _note_missing(
    images: Sequence[SizedImage], without_file: Sequence[str], part: str, remarks: Remarks
) -> None:
    """Note images without a label file, which have no objects by YOLO's rule.

    Raises:
        ValueError: These are all of them.
    """
    if images and len(without_file) == len(images):
        raise ValueError(
            f"{remarks.place}: no image of {part} has a label file: {images[0].file} would have "
            f"{label_file(images[0].file)}. Put the folder labels beside images"
        )
    if without_file:
        remarks.note(
            f"{part}: {len(without_file):,} of {len(images):,} images without a label file "
            f"({without_file[0]}): no objects in them"
        )


def _leave_out_strays(images: Sequence[SizedImage], remarks: Remarks) -> None:
    """Count label files without an image."""
    expected = {label_file(image.file) for image in images}
    folders = sorted({os.path.dirname(path) for path in expected})
    strays = [
        os.path.join(folder, name)
        for folder in folders
        if os.path.isdir(folder)
        for name in sorted(os.listdir(folder))
        if name.endswith(".txt") and name.lower() not in _OTHER_FILES
        if os.path.join(folder, name) not in expected
    ]
    remarks.leave_out("label files without an image", strays)
