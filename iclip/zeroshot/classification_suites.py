"""The suites of zero-shot classification: Kornblith's twelve, ImageNet-1K and the toy."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from iclip.messages import listing
from iclip.text.class_texts import ClassTexts, read_class_texts
from iclip.text.prompts import TEMPLATES
from iclip.zeroshot import imagenet, kornblith
from iclip.zeroshot.class_folders import class_folders
from iclip.zeroshot.classification_sets import ImageSet, SuiteEntry


def own_set(folder: Path, class_texts: ClassTexts) -> ImageSet:
    """Open a data set of one's own: one folder or tar per class, named by the ids of a table.

    Raises:
        ValueError: There are no classes, or one that is not in the table.
    """
    labelled = class_folders(folder, class_texts)
    return ImageSet(
        labelled, class_texts, TEMPLATES["simple"], "top-1", "all images",
        expected_images=len(labelled), expected_classes=len(class_texts),
    )  # fmt: skip


def _toy(kind: str, folder: str) -> Callable[[Path], ImageSet]:
    """Make the opener of one of the toy world's labelled folders."""

    def open_set(world: Path) -> ImageSet:
        texts = read_class_texts(world / f"class_texts_{kind}.jsonl")
        images = own_set(world / "labelled" / folder, texts)
        return replace(images, split=folder, protocol=f"toy/{kind}")

    return open_set


SUITES: dict[str, Mapping[str, SuiteEntry]] = {
    kornblith.NAME: kornblith.ENTRIES,
    "imagenet1k": imagenet.ENTRIES,
    "toy": {
        kind: SuiteEntry(
            "toy",
            "as tools/make_toy_data.py draws it",
            _toy(kind, folder),
            (f"class_texts_{kind}.jsonl", f"labelled/{folder}"),
            "the toy world again (tools/make_toy_data.py)",
        )
        for kind, folder in (
            ("seen", "val"),
            ("new_combination", "val_new_combination"),
            ("new_word", "val_new_word"),
        )
    },
}


def open_suite(
    suite: str, data_root: Path, only: list[str] | None = None
) -> tuple[dict[str, ImageSet], list[str]]:
    """Open the data sets of a suite that are on this machine.

    Args:
        suite: A key of `SUITES`.
        data_root: Holds the folders of the data sets.
        only: Names of the data sets to open; all by default.

    Returns:
        The data sets by name, and a line for each that is missing or cannot be read.

    Raises:
        ValueError: The suite or a data set is unknown.
    """
    found, missing = {}, []
    for name, entry in chosen_entries(suite, only).items():
        try:
            found[name] = entry.open_below(data_root)
        except (OSError, ValueError) as error:
            folder = data_root / entry.folder
            missing.append(f"{name}: {folder} ({entry.layout}): {str(error).splitlines()[0]}")
    return found, missing


def chosen_entries(suite: str, only: list[str] | None) -> Mapping[str, SuiteEntry]:
    """Return the entries of a suite, all or the named ones.

    Raises:
        ValueError: The suite or a data set is unknown.
    """
    if suite not in SUITES:
        raise ValueError(f"--suite {suite} is unknown; there are {', '.join(SUITES)}")
    entries = SUITES[suite]
    unknown = [name for name in only or () if name not in entries]
    if unknown:
        raise ValueError(
            f"--datasets {listing(unknown)}: the suite {suite} has {', '.join(entries)}"
        )
    return {name: entries[name] for name in only or entries}
