"""Caltech-101's test images, which torchvision does not tell from the training images."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from iclip.datasets.readers.class_folders import ClassFolders
from iclip.zeroshot.class_folders import LabelledSet, classes_of, labelled_files
from iclip.zeroshot.class_names import match_names

# Training images per class. Without those of 102 classes, 6,084 of 9,144 images are for the test.
_TRAINING = 30

# Folders of the original, by clip_benchmark's names of the classes, where these differ in words.
_FOLDERS = {
    "background": "BACKGROUND_Google",
    "off-center face": "Faces",
    "centered face": "Faces_easy",
    "leopard": "Leopards",
    "motorbike": "Motorbikes",
    "airplane": "airplanes",
    "side of a car": "car_side",
    "body of a cougar cat": "cougar_body",
    "face of a cougar cat": "cougar_face",
    "head of a  crocodile": "crocodile_head",  # clip_benchmark's name has two blanks
    "head of a flamingo": "flamingo_head",
    "snoopy (cartoon beagle)": "snoopy",
    "yin and yang symbol": "yin_yang",
}


def caltech101_test(root: Path, names: Sequence[str]) -> LabelledSet:
    """List Caltech-101 without 30 training images per class (arXiv:2002.05709, appendix B).

    The paper draws the 30 at random and does not list them. Here, they are the images whose
    ``<class>/<file>`` has the smallest SHA-256. ``<class>`` is the original folder's name, so they
    are the same on every machine, however its folders are spelled.

    Args:
        root: Holds a folder per class.
        names: Names of the classes in prompts, in the order of the labels.

    Raises:
        ValueError: A folder is not one of the classes, or a class has no image beyond the 30.
    """
    originals = [_FOLDERS.get(name, name.replace(" ", "_")) for name in names]
    classes = {name: label for label, name in enumerate(originals)}
    label_of = match_names(classes, classes_of(root).names, str(root))
    folders = sorted(label_of, key=label_of.__getitem__)
    images = ClassFolders(root, folders)
    files: list[tuple[str, int]] = []
    for folder, found in zip(folders, images.files_by_folder(), strict=True):
        if len(found) <= _TRAINING:
            raise ValueError(
                f"{root / folder} has {len(found)} images, and {_TRAINING} per class are left out "
                "for training: unpack Caltech-101 again, it is not complete"
            )
        label = label_of[folder]
        by_hash = sorted(found, key=lambda file: _hash(originals[label], file))
        files += [(file, label) for file in sorted(by_hash[_TRAINING:])]
    return labelled_files(files, root, ", ".join(map(str, images.left_out)))


def _hash(name: str, file: str) -> bytes:
    return sha256(f"{name}/{Path(file).name}".encode()).digest()
