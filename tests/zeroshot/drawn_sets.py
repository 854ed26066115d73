"""Kornblith's sets as drawn on the disk: opened, and compared with what was drawn."""

from pathlib import Path
from typing import Any

from iclip.zeroshot.classification_sets import ImageSet
from iclip.zeroshot.classification_suites import open_suite
from iclip.zeroshot.image_readers import read_image
from tests.zeroshot.kornblith_files import Drawn
from tests.zeroshot.kornblith_pictures import number_of


def opened(name: str, data_root: Path) -> ImageSet:
    found, missing = open_suite("kornblith12", data_root, [name])
    assert not missing
    return found[name]


def why_missing(name: str, data_root: Path, suite: str = "kornblith12") -> str:
    found, (line,) = open_suite(suite, data_root, [name])
    assert not found
    return line


def what_is_shown(images: ImageSet) -> list[tuple[int, Any]]:
    """Number and name of each image, or for several classes the labels by name."""
    names = [text.names[0] for text in images.class_texts]
    read: list[tuple[int, Any]] = []
    for i, label in enumerate(images.labelled.labels.tolist()):
        picture = read_image(images.reader, i)
        if isinstance(label, list):
            shown = {name: value for name, value in zip(names, label, strict=True) if value}
        else:
            shown = names[label]
        read.append((number_of(picture), shown))
    return sorted(read, key=lambda pair: pair[0])


def check(images: ImageSet, drawn: Drawn) -> None:
    assert [text.names for text in images.class_texts] == [(name,) for name in drawn.names]
    assert what_is_shown(images) == sorted(drawn.shown.items())
    assert images.split == drawn.split
