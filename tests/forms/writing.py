"""What writers of several forms need."""

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.forms.subjects import CLASSES, Subject, divided

NAMES = sorted(CLASSES)


def copied(file: Path, target: Path) -> Path:
    """Copy a file to where it does not have to be a folder yet."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)
    return target


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write a text file, and its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file, and its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def roboflow_parts(
    root: Path, subjects: Sequence[Subject]
) -> Iterator[tuple[Path, list[tuple[str, Subject]]]]:
    """Yield the folder of each part, and its images with Roboflow's names, without a suffix."""
    parts = divided(subjects)
    for part, of_part in {"train": parts.train, "valid": parts.val}.items():
        yield (
            root / part,
            [
                (f"IMG_{number}_jpg.rf.0a1b{number:02}c", subject)
                for number, subject in enumerate(of_part)
            ],
        )


def polygon(subject: Subject) -> list[float]:
    """Return the outline as COCO writes it: x, y, x, y ..."""
    return [float(number) for corner in subject.outline for number in corner]


def coco(subjects: Sequence[Subject], files: Sequence[str], first_id: int = 1) -> dict[str, Any]:
    """Make the content of COCO's annotation file.

    Args:
        subjects: The images.
        files: Their ``file_name``.
        first_id: Id of the first category.
    """
    images, annotations = [], []
    for number, (subject, file) in enumerate(zip(subjects, files, strict=True), 1):
        width, height = subject.size
        images.append(dict(id=number, file_name=file, width=width, height=height))
        annotations.append(
            dict(
                id=number, image_id=number, iscrowd=0, segmentation=[polygon(subject)],
                category_id=first_id + NAMES.index(subject.name), bbox=list(subject.box),
                area=float(subject.mask.sum()),
            )
        )  # fmt: skip
    categories = [
        dict(id=number, name=name, supercategory="") for number, name in enumerate(NAMES, first_id)
    ]
    return dict(images=images, annotations=annotations, categories=categories)


def yolo_box(subject: Subject) -> str:
    """Return YOLO's line of a box: class, center and size as shares of the image."""
    (left, top, wide, high), (width, height) = subject.box, subject.size
    shares = ((left + wide / 2) / width, (top + high / 2) / height, wide / width, high / height)
    return " ".join([str(NAMES.index(subject.name)), *(f"{share:.6f}" for share in shares)])


def yolo_polygon(subject: Subject) -> str:
    """Return YOLO's line of an outline."""
    width, height = subject.size
    shares = [f"{x / width:.6f} {y / height:.6f}" for x, y in subject.outline]
    return " ".join([str(NAMES.index(subject.name)), *shares])
