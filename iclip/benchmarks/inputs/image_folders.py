"""Folders with a class of images each, as evaluation reads them."""

from pathlib import Path

import numpy as np
from PIL import Image

from iclip.text.class_texts import ClassText, ClassTexts
from iclip.zeroshot.class_folders import class_folders
from iclip.zeroshot.classification_sets import ImageSet

TEMPLATES = ("a photo of a {}.",)


def write_noise(root: Path, classes: int, images: int, size: tuple[int, int] = (48, 40)) -> Path:
    """Write classes of JPEG images of noise, each in its folder; return the root.

    Args:
        root: The new folder.
        classes: Number of classes.
        images: Images per class.
        size: Width and height in pixels.
    """
    random = np.random.default_rng(0)
    for number in range(classes):
        folder = root / f"class{number:04d}"
        folder.mkdir(parents=True)
        for image in range(images):
            pixels = random.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{image}.jpg")
    return root


def first_classes(folder: Path, count: int, made: Path) -> ImageSet:
    """Link the first folders of a root into a new one, and make a data set of them.

    A class is called as its folder.
    """
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())[:count]
    made.mkdir()
    for name in names:
        (made / name).symlink_to((folder / name).resolve())
    texts = ClassTexts([ClassText(name, (name,), "") for name in names])
    return ImageSet(class_folders(made, texts), texts, TEMPLATES, "top-1", "all")
