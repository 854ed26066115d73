"""Kornblith's twelve sets in short: every file that a reader opens, as the originals lay them out.

A picture is of one color, which is its number. What is drawn is returned: the names in the order
of the labels, and which number shows what. Numbers from 1000 on are of other splits.
"""

import hashlib
import json
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torchvision.datasets as tv
from scipy.io import savemat

from tests.zeroshot.kornblith_names import BREEDS, CALTECH101, VOC2007
from tests.zeroshot.kornblith_pictures import colour_of, paint

# Number and label of the pictures of each split, where three classes are enough.
TEST = ((0, 2), (1, 0), (2, 1), (3, 2))
OTHER = ((1000, 0), (1001, 1), (1002, 2), (1003, 1))


@dataclass
class Drawn:
    names: Sequence[str]
    shown: dict[int, Any]  # the name, or VOC2007's 1 and -1 by name
    split: str = "test"


def write(file: Path, lines: Sequence[str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{line}\n" for line in lines))


def three(names: Sequence[str], split: str = "test") -> Drawn:
    spaced = [name.replace("_", " ") for name in names]
    return Drawn(spaced, {number: spaced[label] for number, label in TEST}, split)


def food101(root: Path) -> Drawn:
    names = ["apple_pie", "beef_tartare", "waffles"]
    for split, pictures in (("test", TEST), ("train", OTHER)):
        listed: dict[str, list[str]] = {name: [] for name in reversed(names)}
        for number, label in pictures:
            listed[names[label]].append(f"{names[label]}/{number}")
            paint(root / f"food-101/images/{names[label]}/{number}.jpg", number)
        write(root / f"food-101/meta/{split}.json", [json.dumps(listed)])
    return three(names)


def cifar(root: Path, files: dict[str, Any], meta: str, prefix: str) -> Drawn:
    root.mkdir(parents=True)
    names = ["pickup_truck", "cat", "frog"]
    for file, pictures in files.items():
        pixels = [np.repeat(np.uint8(colour_of(number)), 1024) for number, _ in pictures]
        labels = {f"{prefix}labels": [label for _, label in pictures]}
        coarse = {"coarse_labels": [0] * len(pictures)} if prefix else {}
        (root / file).write_bytes(pickle.dumps({"data": np.stack(pixels), **labels, **coarse}))
    coarse = {"coarse_label_names": ["all"]} if prefix else {}
    (root / meta).write_bytes(pickle.dumps({f"{prefix}label_names": names, **coarse}))
    return three(names)


def cifar10(root: Path) -> Drawn:
    batches = {f"data_batch_{i}": OTHER for i in range(1, 6)}
    return cifar(root / "cifar-10-batches-py", {**batches, "test_batch": TEST}, "batches.meta", "")


def cifar100(root: Path) -> Drawn:
    return cifar(root / "cifar-100-python", {"train": OTHER, "test": TEST}, "meta", "fine_")


def birdsnap(root: Path) -> Drawn:
    names = [f"Blue_Jay_{i:03}" for i in range(500)]
    for name in names:
        (root / "test" / name).mkdir(parents=True)
    for split, pictures in (("test", TEST), ("train", OTHER)):
        for number, label in pictures:
            paint(root / split / names[label] / f"{number}.jpg", number)
    return three(names)


def sun397(root: Path, partition: str | None = ".") -> Drawn:
    """``partition`` is the folder of the lists, None for none."""
    classes = ["/w/wave", "/a/apartment_building/outdoor", "/a/abbey"]
    write(root / "SUN397/ClassName.txt", classes)
    names = ["wave", "apartment building outdoor", "abbey"]
    for half, pictures in (("Testing", TEST), ("Training", OTHER)):
        lines = [f"{classes[label]}/sun_{number}.jpg" for number, label in pictures]
        for line, (number, _) in zip(lines, pictures, strict=True):
            paint(root / "SUN397" / line[1:], number)
        if partition is not None:
            write(root / partition / f"{half}_01.txt", lines)
            write(root / partition / f"{half}_02.txt", lines[:1])
    if partition is not None:
        return three(names, "test, partition 1")
    shown = {number: names[label] for number, label in (*TEST, *OTHER)}
    return Drawn(names, shown, "all images; no Testing_01.txt is there")


def stanford_cars(root: Path) -> Drawn:
    base = root / "stanford_cars"
    names = ["Smart fortwo 2012", "Ram C/V Cargo Van Minivan 2012", "Audi TT RS Coupe 2012"]
    (base / "devkit").mkdir(parents=True)
    savemat(base / "devkit/cars_meta.mat", {"class_names": np.array([names], dtype=object)})
    annotations = {"test": "cars_test_annos_withlabels.mat", "train": "devkit/cars_train_annos.mat"}
    for split, pictures in (("test", TEST), ("train", OTHER)):
        rows = [(np.uint8(1), np.uint8(label + 1), f"{n:05}.jpg") for n, label in pictures]
        fields = [("bbox_x1", object), ("class", object), ("fname", object)]
        savemat(base / annotations[split], {"annotations": np.array([rows], dtype=fields)})
        for number, _ in pictures:
            paint(base / f"cars_{split}/{number:05}.jpg", number)
    return three(names)


def fgvc_aircraft(root: Path) -> Drawn:
    data = root / "fgvc-aircraft-2013b/data"
    names = ["F-16A/B", "707-320", "Cessna 172"]
    write(data / "variants.txt", names)
    for split, pictures in (("test", TEST), ("trainval", OTHER)):
        lines = [f"{number:07} {names[label]}" for number, label in pictures]
        write(data / f"images_variant_{split}.txt", lines)
        for number, _ in pictures:
            paint(data / f"images/{number:07}.jpg", number)
    return three(names)


def voc2007(root: Path) -> Drawn:
    base = root / "VOCdevkit/VOC2007"
    # Name and "difficult" of each object; one that is not difficult counts, before or after.
    objects = {
        0: [("dog", 1), ("dog", 0), ("tvmonitor", 0)],
        1: [("person", 0), ("person", 1), ("aeroplane", 1)],
        2: [("cow", 0)],
        1000: [("cat", 0)],
    }
    for number, things in objects.items():
        boxes = [
            f"<object><name>{name}</name><difficult>{difficult}</difficult>"
            "<part><name>head</name></part></object>"
            for name, difficult in things
        ]
        write(base / f"Annotations/{number:06}.xml", ["<annotation>", *boxes, "</annotation>"])
        paint(base / f"JPEGImages/{number:06}.jpg", number)
    write(base / "ImageSets/Main/test.txt", ["000000", "000001", "000002"])
    write(base / "ImageSets/Main/trainval.txt", ["001000"])
    first = {"dog": 1, "tvmonitor": 1}
    return Drawn(VOC2007, {0: first, 1: {"person": 1, "aeroplane": -1}, 2: {"cow": 1}})


def dtd(root: Path) -> Drawn:
    names = ["banded", "polka-dotted", "zigzagged"]
    for lists, pictures in ((["test1"], TEST), (["train1", "val1", "test2"], OTHER)):
        lines = [f"{names[label]}/{names[label]}_{number:04}.jpg" for number, label in pictures]
        for line, (number, _) in zip(lines, pictures, strict=True):
            paint(root / "dtd/dtd/images" / line, number)
        for part in lists:
            write(root / f"dtd/dtd/labels/{part}.txt", lines)
    return three(names)


def oxford_pets(root: Path) -> Drawn:
    base = root / "oxford-iiit-pet"
    for split, first in (("test", 0), ("trainval", 1000)):
        numbered = list(enumerate(BREEDS, first))[::-1]
        lines = [f"{breed}_{n} {n - first + 1} 1 1" for n, breed in numbered]
        write(base / f"annotations/{split}.txt", lines)
        for number, breed in numbered:
            paint(base / f"images/{breed}_{number}.jpg", number)
    names = [breed.replace("_", " ").title() for breed in BREEDS]
    return Drawn(names, dict(enumerate(names)))


def caltech101(root: Path, images: int = 31) -> Drawn:
    """All categories with as many images, the first with two more."""
    shown, number = {}, 0
    for category, name in CALTECH101.items():
        folder = root / "caltech101/101_ObjectCategories" / category
        of_hash = {}
        for i in range(1, images + 1 + 2 * (number == 0)):
            paint(folder / f"image_{i:04}.jpg", number)
            of_hash[hashlib.sha256(f"{category}/image_{i:04}.jpg".encode()).hexdigest()] = number
            number += 1
        shown |= {of_hash[digest]: name for digest in sorted(of_hash)[30:]}
    (root / "caltech101/101_ObjectCategories/BACKGROUND_Google/tmp").touch()
    return Drawn(list(CALTECH101.values()), shown, "all but 30 images per class")


def flowers102(root: Path) -> Drawn:
    """Image ``i`` shows flower ``i * 5 % 102``; those from 205 on are the test."""
    base = root / "flowers-102"
    for number in range(1, 307):
        paint(base / f"jpg/image_{number:05}.jpg", number)
    labels = [number * 5 % 102 + 1 for number in range(1, 307)]
    savemat(base / "imagelabels.mat", {"labels": np.uint8([labels])})
    parts = {"trnid": range(1, 103), "valid": range(103, 205), "tstid": range(306, 204, -1)}
    savemat(base / "setid.mat", {name: np.uint16([list(part)]) for name, part in parts.items()})
    # The same flowers in torchvision's list of them, which spells three otherwise.
    spelt = {"globe-flower": "globe flower", "pink-yellow dahlia?": "pink and yellow dahlia"}
    spelt["ball moss"] = "air plant"
    names = [spelt.get(name, name) for name in tv.Flowers102.classes]
    return Drawn(names, {number: names[labels[number - 1] - 1] for number in parts["tstid"]})


DRAWERS: dict[str, Callable[[Path], Drawn]] = {
    drawer.__name__: drawer
    for drawer in (
        food101, cifar10, cifar100, birdsnap, sun397, stanford_cars, fgvc_aircraft, voc2007, dtd,
        oxford_pets, caltech101, flowers102,
    )
}  # fmt: skip
