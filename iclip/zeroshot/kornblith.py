"""Kornblith's twelve data sets (arXiv:1805.08974), with clip_benchmark's names and templates."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torchvision.datasets as tv
from torchvision.datasets import cifar

from iclip.text.class_texts import ClassText, ClassTexts
from iclip.zeroshot.benchmark_texts import benchmark_texts
from iclip.zeroshot.caltech101 import caltech101_test
from iclip.zeroshot.class_folders import LabelledSet, classes_of, labelled_files
from iclip.zeroshot.classification_sets import ImageSet, SuiteEntry
from iclip.zeroshot.image_readers import ImageArrays
from iclip.zeroshot.split_lists import pets_test, sun397_test, voc2007_test

NAME = "kornblith12"

# Numbers of classes and test images, from the paper's table 1; for Caltech-101, what remains of
# 9,144 images without 30 per class for training.
_SIZES = {
    "food101": (101, 25_250),
    "cifar10": (10, 10_000),
    "cifar100": (100, 10_000),
    "birdsnap": (500, 2_443),
    "sun397": (397, 19_850),
    "stanford_cars": (196, 8_041),
    "fgvc_aircraft": (100, 3_333),
    "voc2007": (20, 4_952),
    "dtd": (47, 1_880),
    "oxford_pets": (37, 3_669),
    "caltech101": (102, 6_084),
    "flowers102": (102, 6_149),
}
MEAN_PER_CLASS = "mean per class"


def _set(
    name: str,
    labelled: LabelledSet,
    names: Sequence[str],
    templates: str,
    metric: str = "top-1",
    split: str = "test",
    **more: Any,
) -> ImageSet:
    """Put one of the twelve together: images, class names and clip_benchmark's templates.

    Args:
        name: The data set's name in `ENTRIES`.
        labelled: The images.
        names: Class names in the order of the labels.
        templates: Name of the data set in clip_benchmark's templates.
        metric: See `ImageSet`.
        split: See `ImageSet`.
        **more: Other arguments of `ImageSet`.
    """
    hub_templates = [text.replace("{c}", "{}") for text in benchmark_texts().templates[templates]]
    classes, images = _SIZES[name]
    texts = ClassTexts([ClassText(str(i), (name,), "") for i, name in enumerate(names)])
    return ImageSet(
        labelled, texts, hub_templates, metric, split, f"{NAME}/{name}", images, classes, **more
    )


def _spaced(names: Sequence[str]) -> list[str]:
    return [name.replace("_", " ").strip() for name in names]


def _opened(build: Callable[..., Any], folder: Path, **settings: Any) -> Any:
    """Open a data set of torchvision's.

    Raises:
        RuntimeError: Its lists are not there, or cannot be read.
    """
    try:
        return build(str(folder), **settings)
    # torchvision raises a RuntimeError for a wrong checksum, and these for lists that are cut. They
    # become one type of error, for which `SuiteEntry.open_below` says what to do.
    except (ValueError, LookupError, TypeError) as error:
        raise RuntimeError(f"{type(error).__name__}: {error}") from error


def _listed(dataset: Any, folder: Path) -> LabelledSet:
    """Take the files and labels of a data set of torchvision's, opened with ``loader=os.fspath``.

    With that loader, an image is its path.
    """
    return labelled_files([dataset[i] for i in range(len(dataset))], folder)


def _torchvision(
    name: str, build: Callable[..., Any], templates: str, metric: str = "top-1"
) -> Callable[[Path], ImageSet]:
    """Make the opener of a data set of torchvision's that has class names of its own."""

    def open_set(folder: Path) -> ImageSet:
        dataset = _opened(build, folder, split="test", loader=os.fspath)
        names = _spaced(dataset.classes)
        return _set(name, _listed(dataset, folder), names, templates, metric)

    return open_set


def _cifar(name: str, build: type[tv.CIFAR10]) -> Callable[[Path], ImageSet]:
    """Make the opener of CIFAR-10 or CIFAR-100, whose files are checked against their MD5."""

    def open_set(folder: Path) -> ImageSet:
        base = folder / build.base_folder
        for file, md5 in (*build.train_list, *build.test_list):
            if not cifar.check_integrity(str(base / file), md5):
                raise ValueError(
                    f"{base / file} has another checksum than the original: unpack "
                    f"{build.filename} again below {folder}"
                )
        dataset = _opened(build, folder, train=False)
        labels = np.asarray(dataset.targets, dtype=np.int64)
        labelled = LabelledSet(ImageArrays(dataset.data), labels)
        return _set(name, labelled, _spaced(dataset.classes), name)

    return open_set


def _pets(folder: Path) -> ImageSet:
    names = benchmark_texts().names["pets"]
    return _set(
        "oxford_pets", pets_test(folder / "oxford-iiit-pet", names), names, "pets", MEAN_PER_CLASS
    )


def _flowers(folder: Path) -> ImageSet:
    dataset = _opened(tv.Flowers102, folder, split="test", loader=os.fspath)
    names = benchmark_texts().names["flowers"]  # in the order of the labels, which have no names
    return _set("flowers102", _listed(dataset, folder), names, "flowers", MEAN_PER_CLASS)


def _caltech(folder: Path) -> ImageSet:
    names = benchmark_texts().names["caltech101"]
    labelled = caltech101_test(folder / "caltech101" / "101_ObjectCategories", names)
    split = "all but 30 images per class"
    return _set("caltech101", labelled, names, "caltech101", MEAN_PER_CLASS, split)


def _sun397(folder: Path) -> ImageSet:
    """Open SUN397: its test images or, without the list of them, all images as a deviation."""
    everything = _opened(tv.SUN397, folder, loader=os.fspath)
    names = _spaced([name.replace("/", " ") for name in everything.classes])
    labelled = sun397_test(folder, everything.classes)
    if labelled is not None:
        return _set("sun397", labelled, names, "sun397", split="test, partition 1")
    split = "all images; no Testing_01.txt is there"
    labelled = _listed(everything, folder)
    return _set("sun397", labelled, names, "sun397", split=split, changes=(split,))


def _birdsnap(folder: Path) -> ImageSet:
    # Birdsnap is a list of web addresses, of which many are dead. A species may have no image left,
    # but is still one of the classes.
    listed = classes_of(folder / "test")
    species = listed.names
    labelled = listed.labelled({name: label for label, name in enumerate(species)}.__getitem__)
    classes, images = _SIZES["birdsnap"]
    texts = map(ClassText, species, ((name,) for name in _spaced(species)))
    is_complete = len(species) == classes
    return ImageSet(
        labelled,
        ClassTexts(texts),
        ["a photo of a {}, a type of bird."],
        "top-1",
        "test",
        f"{NAME}/birdsnap",
        images,
        classes,
        changes=() if is_complete else (f"{len(species)} species instead of {classes}",),
    )


def _voc2007(folder: Path) -> ImageSet:
    # torchvision states VOC's classes nowhere else. Their order is alphabetical, like VOC's own.
    from torchvision.models.segmentation import FCN_ResNet50_Weights

    categories = FCN_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1.meta["categories"]
    names = [name for name in categories if name != "__background__"]
    labelled = voc2007_test(folder / "VOCdevkit" / "VOC2007", names)
    return _set("voc2007", labelled, names, "voc2007_multilabel", "11-point mAP")


def _downloaded(name: str, **settings: Any) -> str:
    shown = "".join(f", {key}={value!r}" for key, value in settings.items())
    return f"as torchvision.datasets.{name}(root{shown}) downloads it"


ENTRIES: dict[str, SuiteEntry] = {
    "food101": SuiteEntry(
        "food101",
        _downloaded("Food101"),
        _torchvision("food101", tv.Food101, "food101"),
        ("food-101/meta/test.json", "food-101/images"),
        "food-101.tar.gz",
    ),
    "cifar10": SuiteEntry(
        "cifar10",
        _downloaded("CIFAR10"),
        _cifar("cifar10", tv.CIFAR10),
        tuple(
            f"cifar-10-batches-py/{file}"
            for file in ("test_batch", "batches.meta", *(f"data_batch_{i}" for i in range(1, 6)))
        ),
        tv.CIFAR10.filename,
    ),
    "cifar100": SuiteEntry(
        "cifar100",
        _downloaded("CIFAR100"),
        _cifar("cifar100", tv.CIFAR100),
        ("cifar-100-python/test", "cifar-100-python/meta", "cifar-100-python/train"),
        tv.CIFAR100.filename,
    ),
    "birdsnap": SuiteEntry(
        "birdsnap",
        "test/<species>/*.jpg, 500 folders, maybe empty ones",
        _birdsnap,
        ("test",),
        "the test images, a folder per species,",
    ),
    "sun397": SuiteEntry(
        "sun397",
        _downloaded("SUN397") + ", and Testing_01.txt of its Partitions.zip for the test images",
        _sun397,
        ("SUN397/ClassName.txt",),
        "SUN397.tar.gz",
    ),
    "stanford_cars": SuiteEntry(
        "stanford_cars",
        "as torchvision.datasets.StanfordCars(root, split='test') reads it",
        _torchvision("stanford_cars", tv.StanfordCars, "cars"),
        (
            "stanford_cars/devkit/cars_meta.mat",
            "stanford_cars/cars_test_annos_withlabels.mat",
            "stanford_cars/cars_test",
        ),
        "cars_test.tgz, car_devkit.tgz and cars_test_annos_withlabels.mat",
    ),
    "fgvc_aircraft": SuiteEntry(
        "fgvc_aircraft",
        _downloaded("FGVCAircraft"),
        _torchvision("fgvc_aircraft", tv.FGVCAircraft, "fgvc_aircraft", MEAN_PER_CLASS),
        tuple(
            f"fgvc-aircraft-2013b/data/{file}"
            for file in ("variants.txt", "images_variant_test.txt", "images")
        ),
        "fgvc-aircraft-2013b.tar.gz",
    ),
    "voc2007": SuiteEntry(
        "voc2007",
        _downloaded("VOCDetection", year="2007", image_set="test"),
        _voc2007,
        tuple(
            f"VOCdevkit/VOC2007/{file}"
            for file in ("ImageSets/Main/test.txt", "Annotations", "JPEGImages")
        ),
        "VOCtest_06-Nov-2007.tar",
    ),
    "dtd": SuiteEntry(
        "dtd",
        _downloaded("DTD"),
        _torchvision("dtd", tv.DTD, "dtd"),
        ("dtd/dtd/labels/test1.txt", "dtd/dtd/images"),
        "dtd-r1.0.1.tar.gz in a folder dtd",
    ),
    "oxford_pets": SuiteEntry(
        "oxford_pets",
        _downloaded("OxfordIIITPet"),
        _pets,
        ("oxford-iiit-pet/annotations/test.txt", "oxford-iiit-pet/images"),
        "images.tar.gz and annotations.tar.gz in a folder oxford-iiit-pet",
    ),
    "caltech101": SuiteEntry(
        "caltech101",
        _downloaded("Caltech101"),
        _caltech,
        ("caltech101/101_ObjectCategories",),
        "101_ObjectCategories.tar.gz in a folder caltech101",
    ),
    "flowers102": SuiteEntry(
        "flowers102",
        _downloaded("Flowers102"),
        _flowers,
        tuple(f"flowers-102/{file}" for file in ("setid.mat", "imagelabels.mat", "jpg")),
        "102flowers.tgz, imagelabels.mat and setid.mat in a folder flowers-102",
    ),
}
