"""Where Pascal VOC's annotations and images lie, and which part each of them is of."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from iclip.files.images import files_below, is_image_name
from iclip.files.text import open_text
from iclip.messages import listing
from iclip.own_data.data_set import TEST, TRAIN, VAL
from iclip.own_data.parts import part_of
from iclip.own_data.remarks import Remarks

_ANNOTATIONS, _IMAGES = "annotations", ("jpegimages", "images")
_LISTS = Path("ImageSets", "Main")
# Lists of a part, in the order in which they count: CVAT writes default.txt, of all images.
_LIST_NAMES = {TRAIN: ("train", "trainval", "default"), VAL: ("val",), TEST: ("test",)}
# Where the root's tag is looked for.
_HEAD_BYTES = 4096


@dataclass(frozen=True)
class VocFiles:
    """Annotations of a data set.

    Attributes:
        annotations: Paths of the XML files of each part.
        images: All images, to be found by name.
        has_lists: Whether lists choose among them.
    """

    annotations: Mapping[str, Sequence[str]]
    images: "ImagesByName"
    has_lists: bool


class ImagesByName:
    """Finds the image of an annotation: of its name, in the same folder if several have it.

    Args:
        files: Paths of all images.
    """

    def __init__(self, files: Sequence[str]) -> None:
        self.files = files
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for file in files:
            name = os.path.basename(file)
            self._by_name[name].append(file)
            self._by_name[os.path.splitext(name)[0]].append(file)

    def find(self, annotation: str, filename: str) -> str | None:
        """Return an image's path, None if there is none, or several.

        Args:
            annotation: The XML file.
            filename: The image's name in it, which may be that of another machine's file.
        """
        stem = os.path.splitext(os.path.basename(annotation))[0]
        name = filename.replace("\\", "/").rpartition("/")[2]
        # The file's own name counts: renamed files keep their old name inside.
        same = [f for f in self._by_name.get(stem, ()) if os.path.basename(f) == name]
        for found in (same, self._by_name.get(stem, []), self._by_name.get(name, [])):
            if len(found) == 1:
                return found[0]
            if found:
                folder = os.path.basename(os.path.dirname(annotation))
                beside = [f for f in found if os.path.basename(os.path.dirname(f)) == folder]
                return beside[0] if len(beside) == 1 else None
        return None


def voc_signs(root: Path) -> str | None:
    """Return an annotation of the data set."""
    if not root.is_dir():
        return None
    first = next((file for _, file in _annotations(_home(root)) if _is_annotation(file)), None)
    return None if first is None else os.path.relpath(first, root)


def find_voc_files(root: Path, remarks: Remarks) -> VocFiles:
    """List the annotations of each part.

    Args:
        root: The folder.
        remarks: Receives what was decided.

    Raises:
        ValueError: The lists name no annotation that is there.
        OSError: A folder or list cannot be read.
    """
    home = _home(root)
    if home != root:
        remarks.note(f"read from {home.relative_to(root)}")
    found = list(_annotations(home))
    folder = next((home / n for n in sorted(os.listdir(home)) if n.lower() in _IMAGES), home)
    images = ImagesByName(list(files_below(folder, is_image_name)))
    lists = _lists(home)
    if lists:
        return VocFiles(_of_lists(lists, found, remarks), images, has_lists=True)
    parts: dict[str, list[str]] = defaultdict(list)
    for place, file in found:
        parts[part_of(place) or TRAIN].append(file)
    return VocFiles(parts, images, has_lists=False)


def _home(root: Path) -> Path:
    """Return the folder of Annotations: the given one, or the only one of VOCdevkit."""
    for outer in (root, root / "VOCdevkit"):
        homes = [outer, *sorted(outer.glob("VOC*"))] if outer.is_dir() else []
        having = [home for home in homes if _annotation_folder(home) is not None]
        if len(having) == 1:
            return having[0]
        if having and having[0] != outer:
            names = listing([home.name for home in having])
            raise ValueError(f"{outer} holds several data sets, {names}: --data {having[0]}")
    return root


def _annotation_folder(home: Path) -> Path | None:
    if not home.is_dir():
        return None
    names = (name for name in sorted(os.listdir(home)) if name.lower() == _ANNOTATIONS)
    return next((home / name for name in names if (home / name).is_dir()), None)


def _annotations(home: Path) -> Iterator[tuple[str, str]]:
    """List XML files, each with the name of the folder that may say its part.

    They lie in Annotations, or beside the images: in folders of parts, as Roboflow writes them, or
    in the folder itself.
    """
    folder = _annotation_folder(home)
    if folder is not None:
        for file in files_below(folder, _is_xml):
            yield Path(file).relative_to(folder).parts[0], file
        return
    for entry in sorted(os.scandir(home), key=lambda entry: entry.name):
        if entry.is_dir() and part_of(entry.name):
            yield from ((entry.name, file) for file in files_below(entry.path, _is_xml))
        elif entry.is_file() and _is_xml(entry.name):
            yield "", entry.path


def _is_xml(name: str) -> bool:
    return name.lower().endswith(".xml") and not os.path.basename(name).startswith(".")


def _is_annotation(file: str) -> bool:
    """Whether a file starts as an annotation does, which CVAT's own annotations.xml does not."""
    try:
        with open(file, "rb") as opened:
            head = opened.read(_HEAD_BYTES).replace(b"\0", b"")  # as UTF-16 has them
    except OSError:
        return False
    return b"<annotation>" in head or b"<annotation " in head


def _lists(home: Path) -> dict[str, Path]:
    """Return the list of each part that has one: in ImageSets/Main, or beside the folders.

    The latter are PaddleDetection's, with a line `image annotation`; of these, one has to be of
    training.
    """
    official = _lists_in(home / _LISTS, ("",))
    beside = _lists_in(home, ("_list", "")) if not official else {}
    return official or (beside if TRAIN in beside else {})


def _lists_in(folder: Path, endings: Sequence[str]) -> dict[str, Path]:
    lists = {}
    for part, names in _LIST_NAMES.items():
        files = [folder / f"{name}{ending}.txt" for name in names for ending in endings]
        file = next((file for file in files if file.is_file()), None)
        if file is not None:
            lists[part] = file
    return lists


def _of_lists(
    lists: Mapping[str, Path], found: Sequence[tuple[str, str]], remarks: Remarks
) -> dict[str, list[str]]:
    """Return the annotations that the lists name, the name at the end of each line."""
    by_stem = {os.path.splitext(os.path.basename(file))[0]: file for _, file in found}
    parts: dict[str, list[str]] = {}
    for part, file in lists.items():
        named, without = [], []
        with open_text(file) as lines:
            names = [line.strip().replace("\\", "/") for line in lines if line.strip()]
        for name in dict.fromkeys(names):
            # CVAT writes the image's folder before its name, lists of a class a number after it.
            stem = name.rpartition("/")[2]
            known = next(
                (s for s in (stem, os.path.splitext(stem)[0], stem.split()[0]) if s in by_stem),
                None,
            )
            if known is None:
                without.append(f"{name} of {file.name}")
            else:
                named.append(by_stem[known])
        # The annotations of VOC's test images were not always published.
        total = 0 if part == TEST else len(names)
        remarks.leave_out(
            "listed images without an annotation", without, total, "add them, or correct the list"
        )
        parts[part] = named
    return parts
