"""Data sets of zero-shot classification: Kornblith's twelve, ImageNet-1K, the toy, one's own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torchvision.datasets as tv
from PIL import Image

from iclip.text.class_texts import ClassText, ClassTexts, read_class_texts
from iclip.zeroshot.decoding import LabelledPictures
from iclip.zeroshot.picture_files import (
    caltech101_test,
    class_folders,
    counted_folders,
    sun397_test,
)

SIMPLE = ("a photo of a {}.",)


@dataclass(frozen=True)
class ImageSet:
    """A data set, opened.

    Attributes:
        pictures: Pictures with their labels.
        class_texts: Of the classes, in the order of the labels.
        templates: With ``{}`` for the name.
        metric: A key of :data:`iclip.zeroshot.metrics.METRICS`.
        split: Which part it is, in words.
    """

    pictures: LabelledPictures
    class_texts: ClassTexts
    templates: Sequence[str]
    metric: str
    split: str


@dataclass(frozen=True)
class Entry:
    """A data set of a suite that may or may not be on this machine.

    Attributes:
        folder: Below the data root.
        layout: What has to be there, in words.
        open: From that folder to the data set; raises what the reading library raises.
    """

    folder: str
    layout: str
    open: Callable[[Path], ImageSet]


class _VOC2007:
    """Several classes an image; -1 for one that is there in "difficult" instances only."""

    def __init__(self, root: Path, names: Sequence[str]) -> None:
        self.detection = tv.VOCDetection(str(root), year="2007", image_set="test")
        self.names = names

    def __len__(self) -> int:
        return len(self.detection)

    def __getitem__(self, index: int) -> tuple[Image.Image, list[int]]:
        picture, target = self.detection[index]
        labels = [0] * len(self.names)
        for thing in target["annotation"]["object"]:
            place = self.names.index(thing["name"])
            labels[place] = (
                max(labels[place], 1) if thing["difficult"] == "0" else (labels[place] or -1)
            )
        return picture, labels


@cache
def _benchmark() -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
    """clip_benchmark's names and templates by its names of the data sets."""
    try:
        import json

        import clip_benchmark.datasets as package
    except ImportError as error:
        raise ValueError(
            "the class names and templates of this suite come from clip_benchmark, which is not "
            "installed: pip install 'iclip[suites]'"
        ) from error
    folder = Path(package.__file__ or "").parent
    names = json.loads((folder / "en_classnames.json").read_text(encoding="utf-8"))
    templates = json.loads(
        (folder / "en_zeroshot_classification_templates.json").read_text(encoding="utf-8")
    )
    return names, templates


def _texts(names: Sequence[str]) -> ClassTexts:
    return ClassTexts([ClassText(str(i), (name,), "") for i, name in enumerate(names)])


def _set(pictures: Any, names: Sequence[str], templates: str, metric: str, split: str) -> ImageSet:
    filled = [template.replace("{c}", "{}") for template in _benchmark()[1][templates]]
    return ImageSet(pictures, _texts(names), filled, metric, split)


def _spaced(names: Sequence[str]) -> list[str]:
    return [name.replace("_", " ").strip() for name in names]


def _torchvision(
    build: Callable[..., Any], templates: str, metric: str = "top-1", **settings: Any
) -> Callable[[Path], ImageSet]:
    """A class of torchvision's with names of its own."""

    def open_set(folder: Path) -> ImageSet:
        pictures = build(str(folder), **settings)
        return _set(pictures, _spaced(pictures.classes), templates, metric, "test")

    return open_set


def _pets(folder: Path) -> ImageSet:
    pictures = tv.OxfordIIITPet(str(folder), split="test", target_types="category")
    return _set(pictures, _benchmark()[0]["pets"], "pets", "mean per class", "test")


def _flowers(folder: Path) -> ImageSet:
    pictures = tv.Flowers102(str(folder), split="test")
    return _set(pictures, _benchmark()[0]["flowers"], "flowers", "mean per class", "test")


def _caltech(folder: Path) -> ImageSet:
    root = folder / "caltech101" / "101_ObjectCategories"
    pictures = caltech101_test(root, counted_folders(root, 102))
    names = _benchmark()[0]["caltech101"]  # in the order of the folders, the background first
    return _set(pictures, names, "caltech101", "mean per class", "all but 30 images a class")


def _sun397(folder: Path) -> ImageSet:
    everything = tv.SUN397(str(folder))
    names = _spaced([name.replace("/", " ") for name in everything.classes])
    pictures = sun397_test(folder, everything.classes)
    if pictures is None:
        return _set(everything, names, "sun397", "top-1", "all images; no Testing_01.txt is there")
    return _set(pictures, names, "sun397", "top-1", "test, partition 1")


def _birdsnap(folder: Path) -> ImageSet:
    # Many of its addresses are dead: a species may be empty, but is still to be told apart.
    counted_folders(folder / "test", 500)
    pictures = tv.ImageFolder(str(folder / "test"), allow_empty=True)
    texts = _texts(_spaced(pictures.classes))
    return ImageSet(pictures, texts, ["a photo of a {}, a type of bird."], "top-1", "test")


def _voc2007(folder: Path) -> ImageSet:
    names = list(_voc_names())
    return _set(_VOC2007(folder, names), names, "voc2007_multilabel", "11-point mAP", "test")


def _voc_names() -> tuple[str, ...]:
    from torchvision.models.segmentation import FCN_ResNet50_Weights

    categories = FCN_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1.meta["categories"]
    return tuple(name for name in categories if name != "__background__")


def _imagenet(folder: Path) -> ImageSet:
    from open_clip import zero_shot_metadata

    counted_folders(folder / "val", 1000)
    pictures = tv.ImageFolder(str(folder / "val"))
    templates = [fill("{}") for fill in zero_shot_metadata.OPENAI_IMAGENET_TEMPLATES]
    names = zero_shot_metadata.IMAGENET_CLASSNAMES
    return ImageSet(pictures, _texts(names), templates, "top-1", "val")


def _toy(folder: str, table: str) -> Callable[[Path], ImageSet]:
    def open_set(world: Path) -> ImageSet:
        texts = read_class_texts(world / table)
        return ImageSet(
            class_folders(world / "labelled" / folder, texts), texts, SIMPLE, "top-1", folder
        )

    return open_set


def _tv(name: str, **settings: Any) -> str:
    shown = "".join(f", {key}={value!r}" for key, value in settings.items())
    return f"as torchvision.datasets.{name}(root{shown}) downloads it"


SUITES: dict[str, dict[str, Entry]] = {
    "kornblith12": {
        "food101": Entry(
            "food101", _tv("Food101"), _torchvision(tv.Food101, "food101", split="test")
        ),
        "cifar10": Entry(
            "cifar10", _tv("CIFAR10"), _torchvision(tv.CIFAR10, "cifar10", train=False)
        ),
        "cifar100": Entry(
            "cifar100", _tv("CIFAR100"), _torchvision(tv.CIFAR100, "cifar100", train=False)
        ),
        "birdsnap": Entry(
            "birdsnap", "test/<species>/*.jpg, 500 folders, maybe empty ones", _birdsnap
        ),
        "sun397": Entry(
            "sun397",
            _tv("SUN397") + ", and Testing_01.txt of its Partitions.zip for the test images",
            _sun397,
        ),
        "stanford_cars": Entry(
            "stanford_cars",
            "as torchvision.datasets.StanfordCars(root, split='test') reads it",
            _torchvision(tv.StanfordCars, "cars", split="test"),
        ),
        "fgvc_aircraft": Entry(
            "fgvc_aircraft",
            _tv("FGVCAircraft"),
            _torchvision(tv.FGVCAircraft, "fgvc_aircraft", "mean per class", split="test"),
        ),
        "voc2007": Entry("voc2007", _tv("VOCDetection", year="2007", image_set="test"), _voc2007),
        "dtd": Entry("dtd", _tv("DTD"), _torchvision(tv.DTD, "dtd", split="test")),
        "oxford_pets": Entry("oxford_pets", _tv("OxfordIIITPet"), _pets),
        "caltech101": Entry("caltech101", _tv("Caltech101"), _caltech),
        "flowers102": Entry("flowers102", _tv("Flowers102"), _flowers),
    },
    "imagenet1k": {"imagenet1k": Entry("in1k", "val/<wnid>/*.JPEG", _imagenet)},
    "toy": {
        kind: Entry("toy", "as tools/make_toy_data.py draws it", _toy(folder, table))
        for kind, folder, table in (
            ("seen", "val", "class_texts_seen.jsonl"),
            ("new_combination", "val_new_combination", "class_texts_new_combination.jsonl"),
            ("new_word", "val_new_word", "class_texts_new_word.jsonl"),
        )
    },
}
