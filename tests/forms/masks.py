"""Masks and outlines in the forms in which tools write them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.forms.boxes import coco_own, write_yolo
from tests.forms.subjects import Subject, divided
from tests.forms.writing import (
    NAMES,
    copied,
    roboflow_parts,
    write_json,
    write_lines,
    yolo_polygon,
)

BORDER = 255  # of Pascal VOC's objects
ALL_NAMES = ["background", *NAMES]
COLORS = [(0, 0, 0), (250, 50, 83), (51, 221, 255)]


def numbers(subject: Subject) -> NDArray[np.uint8]:
    """Return the label of each pixel (H, W): 0 is the background."""
    return np.where(subject.mask, 1 + NAMES.index(subject.name), 0).astype(np.uint8)


def save_mask(path: Path, pixels: NDArray[np.uint8], palette: Sequence = ()) -> None:
    """Write a gray PNG, or one with a palette."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels)
    if palette:
        image.putpalette([part for color in palette for part in color])
    image.save(path)


def save_colors(path: Path, subject: Subject, colors: Sequence = COLORS) -> None:
    """Write an RGB PNG with a color per class."""
    save_mask(path, np.array(colors, dtype=np.uint8)[numbers(subject)])


def plain(root: Path, subjects: Sequence[Subject]) -> None:
    """Images and masks in folders beside each other, as many scripts write them."""
    for part, of_part in divided(subjects)._asdict().items():
        for number, subject in enumerate(of_part):
            copied(subject.file, root / f"images/{part}/{number}.jpg")
            save_mask(root / f"masks/{part}/{number}.png", numbers(subject))
    write_lines(root / "classes.txt", ALL_NAMES)


def black_and_white(root: Path, subjects: Sequence[Subject]) -> None:
    """One class, drawn white, without a list or parts."""
    for number, subject in enumerate(subjects):
        copied(subject.file, root / f"images/{number}.jpg")
        save_mask(root / f"masks/{number}.png", subject.mask.astype(np.uint8) * 255)


def roboflow(root: Path, subjects: Sequence[Subject]) -> None:
    """Roboflow's "Semantic Segmentation Masks"."""
    for folder, named in roboflow_parts(root, subjects):
        for name, subject in named:
            copied(subject.file, folder / f"{name}.jpg")
            save_mask(folder / f"{name}_mask.png", numbers(subject))
        rows = [f"{number}, {name}" for number, name in enumerate(ALL_NAMES)]
        write_lines(folder / "_classes.csv", ["Pixel Value, Class", *rows])


def cvat(root: Path, subjects: Sequence[Subject]) -> None:
    """CVAT's "Segmentation mask 1.1"."""
    names = [f"frame_{number:06}" for number in range(len(subjects))]
    for subject, name in zip(subjects, names, strict=True):
        copied(subject.file, root / f"JPEGImages/{name}.jpg")
        save_colors(root / f"SegmentationClass/{name}.png", subject)
        save_colors(root / f"SegmentationObject/{name}.png", subject)
    write_lines(root / "ImageSets/Segmentation/default.txt", names)
    lines = [f"{name}:{','.join(map(str, color))}::"
             for name, color in zip(ALL_NAMES, COLORS, strict=True)]  # fmt: skip
    write_lines(root / "labelmap.txt", ["# label:color_rgb:parts:actions", *lines])


def cvat_camvid(root: Path, subjects: Sequence[Subject]) -> None:
    """CVAT's "CamVid 1.0"."""
    for number, subject in enumerate(subjects):
        copied(subject.file, root / f"default/{number}.jpg")
        save_colors(root / f"defaultannot/{number}.png", subject)
    lines = [f"{' '.join(map(str, color))} {name}"
             for name, color in zip(ALL_NAMES, COLORS, strict=True)]  # fmt: skip
    write_lines(root / "label_colors.txt", ["# color (RGB) label", *lines])
    pairs = [f"/default/{number}.jpg /defaultannot/{number}.png" for number in range(len(subjects))]
    write_lines(root / "default.txt", pairs)


def voc_own(root: Path, subjects: Sequence[Subject]) -> None:
    """Pascal VOC as torchvision's VOCSegmentation unpacks it: 20 classes, and a border."""
    home = root / "VOCdevkit/VOC2012"
    classes = {"bird": 3, "dog": 12}
    chance = np.random.default_rng(0)
    palette = [(0, 0, 0), *map(tuple, chance.integers(1, 255, (254, 3)).tolist()), (224, 224, 192)]
    for part, of_part in divided(subjects)._asdict().items():
        names = [f"2007_{part}{number:03}" for number in range(len(of_part))]
        for subject, name in zip(of_part, names, strict=True):
            pixels = np.where(subject.mask, classes[subject.name], 0).astype(np.uint8)
            pixels[:, 1:][pixels[:, 1:] != pixels[:, :-1]] = BORDER
            copied(subject.file, home / f"JPEGImages/{name}.jpg")
            save_mask(home / f"SegmentationClass/{name}.png", pixels, palette)
        write_lines(home / f"ImageSets/Segmentation/{part}.txt", names)


def paddle_lists(root: Path, subjects: Sequence[Subject]) -> None:
    """PaddleSeg's lists: `image mask` per line."""
    for part, of_part in divided(subjects)._asdict().items():
        lines = []
        for number, subject in enumerate(of_part):
            image, mask = f"images/{part} {number}.jpg", f"annotations/{part} {number}.png"
            copied(subject.file, root / image)
            save_mask(root / mask, numbers(subject))
            lines.append(f"{image} {mask}")
        write_lines(root / f"{part}.txt", lines)
    write_lines(root / "labels.txt", ALL_NAMES)


def cityscapes(root: Path, subjects: Sequence[Subject], ending: str = "labelIds") -> None:
    """Cityscapes as its archives unpack, with masks of the data set's own numbers."""
    # road, person and bicycle by `id`, and by `trainId`
    classes = {"labelIds": (7, 24, 33), "labelTrainIds": (0, 11, 18)}[ending]
    for part, of_part in divided(subjects)._asdict().items():
        for number, subject in enumerate(of_part):
            city = "aachen" if number % 2 else "bochum"
            name = f"{part}/{city}/{city}_{number:06}_000019"
            image = root / f"leftImg8bit/{name}_leftImg8bit.png"
            image.parent.mkdir(parents=True, exist_ok=True)
            with Image.open(subject.file) as opened:
                opened.convert("RGB").save(image)
            pixels = np.array(classes, dtype=np.uint8)[numbers(subject)]
            save_mask(root / f"gtFine/{name}_gtFine_{ending}.png", pixels)
            save_mask(root / f"gtFine/{name}_gtFine_instanceIds.png", pixels)
            save_colors(root / f"gtFine/{name}_gtFine_color.png", subject)
            write_json(root / f"gtFine/{name}_gtFine_polygons.json", {"objects": []})


def cityscapes_training_numbers(root: Path, subjects: Sequence[Subject]) -> None:
    """The same after cityscapesScripts' createTrainIdLabelImgs."""
    cityscapes(root, subjects, "labelTrainIds")


def coco_polygons(root: Path, subjects: Sequence[Subject]) -> None:
    """COCO 2017, whose annotations have outlines."""
    coco_own(root, subjects)


def yolo_polygons(root: Path, subjects: Sequence[Subject]) -> None:
    """Ultralytics' segmentation."""
    write_yolo(root, subjects, yolo_polygon)


def label_me(root: Path, subjects: Sequence[Subject]) -> None:
    """LabelMe: a JSON file beside each image."""
    for number, subject in enumerate(subjects):
        copied(subject.file, root / f"{number}.jpg")
        width, height = subject.size
        points = [[float(x), float(y)] for x, y in subject.outline]
        shape = dict(
            label=subject.name, points=points, group_id=None, description="",
            shape_type="polygon", flags={}, mask=None,
        )  # fmt: skip
        content = dict(
            version="5.5.0", flags={}, shapes=[shape], imagePath=f"{number}.jpg", imageData=None,
            imageHeight=height, imageWidth=width,
        )  # fmt: skip
        write_json(root / f"{number}.json", content)
