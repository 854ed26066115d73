"""Caltech-101, of which torchvision reads no split."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from iclip.files.images import LeftOut, images_below
from iclip.zeroshot.class_folders import LabelledPictures, folders_of, labelled_files
from iclip.zeroshot.class_names import match_names

# Images a category that are for training; 102 x 30 leaves 6,084 of 9,144.
_TRAINING = 30

# Folders of the original whose names in prompts say something else.
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
    "head of a  crocodile": "crocodile_head",
    "head of a flamingo": "flamingo_head",
    "snoopy (cartoon beagle)": "snoopy",
    "yin and yang symbol": "yin_yang",
}


def caltech101_test(root: Path, names: Sequence[str]) -> LabelledPictures:
    """Caltech-101 without 30 training images a category (arXiv:2002.05709, appendix B).

    There, the 30 are drawn at random and not listed. Here, they are the ones whose
    ``<category>/<file>`` has the smallest SHA-256: the same draw on every machine, however the
    folders' names are spelt there.

    Args:
        root: Holds the folders of the categories.
        names: Of the classes, as prompts say them, in the order of the labels.

    Raises:
        ValueError: A folder is no category, or a category has no image beyond the 30.
    """
    originals = [_FOLDERS.get(name, name.replace(" ", "_")) for name in names]
    folders = folders_of(root)
    labels = match_names({name: i for i, name in enumerate(originals)}, folders, str(root))
    files: list[tuple[str, int]] = []
    left_out = LeftOut()
    for folder, label in sorted(labels.items(), key=lambda item: item[1]):
        found = list(images_below(root / folder, left_out))
        if len(found) <= _TRAINING:
            raise ValueError(
                f"{root / folder} has {len(found)} images, and {_TRAINING} a category are left out "
                "for training: unpack Caltech-101 again, it is not complete"
            )
        drawn = sorted(found, key=lambda file: _draw(originals[label], file))
        files += [(file, label) for file in sorted(drawn[_TRAINING:])]
    return labelled_files(files, root, str(left_out))


def _draw(category: str, file: str) -> bytes:
    return sha256(f"{category}/{Path(file).name}".encode()).digest()
