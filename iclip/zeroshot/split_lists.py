"""Test images of sets whose lists torchvision does not read, or only together with the images."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from iclip.files.text import read_text
from iclip.messages import counted, listing
from iclip.text.same_words import normalized
from iclip.zeroshot.class_folders import LabelledSet, labelled_files
from iclip.zeroshot.image_readers import ImageFiles

# Folders into which people unpack SUN397's Partitions.zip, below the one that holds SUN397/.
_SUN397_PARTITIONS = (".", "Partitions", "SUN397", "SUN397/Partitions")


def sun397_test(folder: Path, classes: Sequence[str]) -> LabelledSet | None:
    """List the test images of SUN397's first partition, 50 per class (arXiv:2002.05709, app. B).

    ``Testing_01.txt`` has one path below ``SUN397/`` per line:
    ``/a/apartment_building/outdoor/sun_aaa.jpg``.

    Args:
        folder: Holds ``SUN397/``. The list lies in one of these two, or in its ``Partitions/``.
        classes: Names in the order of the labels, such as ``apartment_building/outdoor``.

    Returns:
        The images; None if there is no list.

    Raises:
        ValueError: Lines of the list name another class or none.
    """
    places = [folder / place / "Testing_01.txt" for place in _SUN397_PARTITIONS]
    file = next((place for place in places if place.is_file()), None)
    if file is None:
        return None
    lines = read_text(file).split()
    names = ["/".join(line.split("/")[2:-1]) for line in lines]
    labels = {name: label for label, name in enumerate(classes)}
    unknown = [line for line, name in zip(lines, names, strict=True) if name not in labels]
    if unknown:
        raise ValueError(
            f"{file} has {counted(len(unknown), 'line')} other than /<letter>/<class>/<image> "
            f"with a class of {folder / 'SUN397' / 'ClassName.txt'}: {listing(unknown, 3)}. "
            "Take it from SUN397's Partitions.zip, or remove it to evaluate all images"
        )
    files = [folder / "SUN397" / line.removeprefix("/") for line in lines]
    return labelled_files(list(zip(files, map(labels.__getitem__, names), strict=True)), folder)


def pets_test(folder: Path, names: Sequence[str]) -> LabelledSet:
    """List the test images of Oxford-IIIT Pets from lines ``<breed>_<number> <label> ...``.

    Args:
        folder: Holds ``images/`` and ``annotations/test.txt``.
        names: Names of the breeds, in the order of the labels, which count from 1.

    Raises:
        ValueError: A line has another form, or its label is not that of its breed.
    """
    file = folder / "annotations/test.txt"
    breeds = [normalized(name) for name in names]
    files = []
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        words = line.split()
        if not words or line.startswith("#"):
            continue
        breed = normalized(words[0].rpartition("_")[0])
        label = int(words[1]) - 1 if len(words) > 1 and words[1].isdecimal() else -1
        if not 0 <= label < len(breeds) or breeds[label] != breed:
            raise ValueError(
                f"{file}:{number}: {line!r} is not <breed>_<number> <label> ... with the label of "
                "that breed: unpack annotations.tar.gz again"
            )
        files.append((folder / f"images/{words[0]}.jpg", label))
    return labelled_files(files, folder)


def voc2007_test(folder: Path, names: Sequence[str]) -> LabelledSet:
    """List PASCAL VOC 2007's test images, which have several classes each.

    Args:
        folder: Holds ``ImageSets``, ``Annotations`` and ``JPEGImages``.
        names: Names of the classes, in the order of the labels' columns.

    Returns:
        The images with labels (N, C): 1 for a class that is present, 0 for one that is absent, -1
        for one with "difficult" instances only.

    Raises:
        ValueError: An annotation is not XML, or names another class.
    """
    lines = read_text(folder / "ImageSets/Main/test.txt").splitlines()
    ids = [line.split()[0] for line in lines if line.strip()]
    labels = np.zeros((len(ids), len(names)), dtype=np.int64)
    columns = {name: column for column, name in enumerate(names)}
    for row, image in enumerate(ids):
        file = folder / f"Annotations/{image}.xml"
        try:
            objects = ElementTree.parse(file).findall("object")
            found = [(columns[thing.findtext("name", "")], thing) for thing in objects]
        except (ElementTree.ParseError, KeyError) as error:
            raise ValueError(
                f"{file} cannot be read ({error}): unpack VOCtest_06-Nov-2007.tar again"
            ) from error
        for column, thing in found:
            is_difficult = thing.findtext("difficult", "0") != "0"
            mark = -1 if is_difficult else 1
            # One instance that is not difficult makes the class present, whatever the others are.
            labels[row, column] = max(labels[row, column], mark) or mark
    files = [folder / f"JPEGImages/{image}.jpg" for image in ids]
    return LabelledSet(ImageFiles(files, folder), labels)
