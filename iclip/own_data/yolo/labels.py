"""The objects of YOLO's images: label files beside images, by YOLO's own rules."""

import os
from collections.abc import Mapping, Sequence

from iclip.own_data.image_sizes import SECONDS_BEFORE_FIRST_REPORT, SizedImage
from iclip.own_data.remarks import Remarks
from iclip.own_data.yolo.files import YoloFiles, label_files
from iclip.own_data.yolo.lines import LabelFile, LabelLine, read_label_file
from iclip.progress import Progress

HINT = (
    "a line is class, center x, center y, width, height, or class and the corners of a polygon, in "
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
    paths = label_files([image.file for image in images])
    progress = Progress(
        "label files", len(images), interval=SECONDS_BEFORE_FIRST_REPORT, patient=True
    )
    found: list[LabelFile] = []
    without_file = []
    for image, path in zip(images, paths, strict=True):
        progress.advance()
        try:
            found.append(read_label_file(path, files.has_key_points))
        except FileNotFoundError:
            found.append(LabelFile((), (), ()))
            without_file.append(image.file)
    if images and len(without_file) == len(images):
        raise ValueError(
            f"{remarks.place}: no image of {part} has a label file: {images[0].file} would have "
            f"{paths[0]}. Put the folder labels beside images"
        )
    if without_file:
        remarks.note(
            f"{part}: {len(without_file):,} of {len(images):,} images without a label file "
            f"({without_file[0]}): no objects in them"
        )
    _leave_out_strays(paths, remarks)
    _leave_out_lines(dict(zip(paths, found, strict=True)), files, remarks)
    names = len(files.names)
    return [tuple(line for line in of.objects if line.label < names) for of in found]


def _leave_out_lines(found: Mapping[str, LabelFile], files: YoloFiles, remarks: Remarks) -> None:
    """Count lines that are not objects of a class of the data set.

    Raises:
        ValueError: They are more than a tenth.
    """
    names = len(files.names)
    total, malformed, unknown, repeated = 0, [], [], []
    for path, of in found.items():
        total += len(of.objects) + len(of.malformed)
        name = os.path.basename(path)
        malformed += [f"{name} line {number}: {text}" for number, text in of.malformed]
        unknown += [
            f"class {line.label} in {name} line {line.line}"
            for line in of.objects
            if line.label >= names
        ]
        repeated += [f"{name} line {number}" for number in of.repeated]
    remarks.leave_out("malformed lines", malformed, total, HINT)
    named = f"{files.named_by.name} has {names} names, for the numbers from 0"
    remarks.leave_out("lines of classes without a name", unknown, total, named)
    remarks.leave_out("boxes stated again", repeated)


def _leave_out_strays(paths: Sequence[str], remarks: Remarks) -> None:
    """Count label files without an image."""
    expected = set(paths)
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
