"""Labelled pictures listed file by file: folders of classes, and splits torchvision lacks."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from PIL import Image

from iclip.text.class_texts import ClassTexts

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".ppm", ".tif", ".tiff")

# Where people unpack SUN397's Partitions.zip, below the folder that holds SUN397/.
_SUN397_PARTITIONS = (".", "Partitions", "SUN397", "SUN397/Partitions")

# Images a category that are for training; 102 x 30 leaves 6,084 of 9,144.
_CALTECH101_TRAINING = 30


class PictureFiles:
    """Pictures in RGB with their labels, decoded when asked for.

    Args:
        files: Paths with class indices.
    """

    def __init__(self, files: Sequence[tuple[Path, int]]) -> None:
        self.files = files

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Image.Image, int]:
        file, label = self.files[index]
        return read_picture(file, f"{file.parent.name}/{file.name}"), label


def read_picture(file: Path, name: str) -> Image.Image:
    """Decode a file in RGB.

    Raises:
        OSError: It cannot be read; says so of ``name``.
    """
    try:
        with Image.open(file) as picture:
            return picture.convert("RGB")
    except OSError as error:
        raise OSError(f"{name} ({error})") from error


def class_folders(root: Path, class_texts: ClassTexts) -> PictureFiles:
    """A folder a class, named by the ids of a table.

    Raises:
        ValueError: There are no folders, or one that is not in the table.
    """
    ids = _folders(root)
    if not ids:
        raise ValueError(f"{root} holds no folders of classes")
    known = set(class_texts.ids)
    unknown = [name for name in ids if name not in known]
    if unknown:
        raise ValueError(
            f"{root} has {len(unknown)} folders that are not in the class-text table, such as "
            f"{', '.join(unknown[:5])}; the table has {len(class_texts)} ids, such as "
            f"{', '.join(class_texts.ids[:5])}"
        )
    return PictureFiles(
        [(file, class_texts.index(name)) for name in ids for file in _pictures(root / name)]
    )


def counted_folders(root: Path, count: int) -> list[str]:
    """Sorted names of the folders of classes, all there: one fewer or more would shift the labels.

    Raises:
        ValueError: There are not ``count`` of them.
    """
    names = _folders(root)
    if len(names) != count:
        raise ValueError(f"{root} has {len(names)} folders, not {count}, one a class")
    return names


def sun397_test(folder: Path, classes: Sequence[str]) -> PictureFiles | None:
    """The test images of SUN397's first partition, 50 a class (arXiv:2002.05709, appendix B).

    ``Testing_01.txt`` lists them, a path below ``SUN397/`` a line:
    ``/a/apartment_building/outdoor/sun_aaa.jpg``.

    Args:
        folder: Holds ``SUN397/``; the list lies here, in there, or in ``Partitions/`` of either.
        classes: In the order of the labels: ``apartment_building/outdoor``.

    Returns:
        None without the list.

    Raises:
        ValueError: Lines of the list name no class.
    """
    places = [folder / place / "Testing_01.txt" for place in _SUN397_PARTITIONS]
    listing = next((place for place in places if place.is_file()), None)
    if listing is None:
        return None
    lines = listing.read_text(encoding="utf-8").split()
    names = ["/".join(line.split("/")[2:-1]) for line in lines]
    labels = {name: label for label, name in enumerate(classes)}
    unknown = [line for line, name in zip(lines, names, strict=True) if name not in labels]
    if unknown:
        raise ValueError(
            f"{listing} has {len(unknown)} lines that are not /<letter>/<class>/<image> with a "
            f"class of {folder / 'SUN397' / 'ClassName.txt'}, such as {', '.join(unknown[:3])}: "
            "take it from SUN397's Partitions.zip, or remove it to evaluate all images"
        )
    files = [folder / "SUN397" / line.removeprefix("/") for line in lines]
    return PictureFiles(list(zip(files, map(labels.__getitem__, names), strict=True)))


def caltech101_test(root: Path, categories: Sequence[str]) -> PictureFiles:
    """Caltech-101 without 30 training images a category (arXiv:2002.05709, appendix B).

    There, the 30 are drawn at random and not listed. Here, they are the ones whose
    ``<category>/<file>`` has the smallest SHA-256: the same draw on every machine.

    Args:
        root: Holds the folders of the categories.
        categories: Their names, in the order of the labels.

    Raises:
        ValueError: A category has no image beyond the 30.
    """
    files = []
    for label, category in enumerate(categories):
        pictures = sorted(_pictures(root / category), key=_draw)
        if len(pictures) <= _CALTECH101_TRAINING:
            raise ValueError(
                f"{root / category} has {len(pictures)} images, and {_CALTECH101_TRAINING} a "
                "category are left out for training: unpack Caltech-101 again, it is not complete"
            )
        files += [(file, label) for file in sorted(pictures[_CALTECH101_TRAINING:])]
    return PictureFiles(files)


def _draw(file: Path) -> bytes:
    return sha256(f"{file.parent.name}/{file.name}".encode()).digest()


def _folders(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir() if path.is_dir()) if root.is_dir() else []


def _pictures(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
