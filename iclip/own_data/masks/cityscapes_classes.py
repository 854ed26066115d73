"""The classes of Cityscapes by the numbers in its masks, from cityscapesScripts' labels.py."""

from collections.abc import Sequence

from iclip.own_data.masks.class_lists import ClassList, ListedClass

# By their `trainId`, and by their `id`.
CLASSES = (
    *("road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign"),
    *("vegetation", "terrain", "sky", "person", "rider", "car", "truck", "bus", "train"),
    *("motorcycle", "bicycle"),
)
_IDS = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
_ID_COUNT = 34
# A name that is ignored.
_VOID = "void"
# The kinds of masks, as their names end; the first one's numbers are labels as they are.
_TRAIN_IDS = "labelTrainIds"
KINDS = (_TRAIN_IDS, "labelIds")


def class_list(kind: str) -> ClassList:
    """Return the classes of a kind of masks; other numbers are void.

    Args:
        kind: One of :data:`KINDS`.
    """
    if kind == _TRAIN_IDS:
        numbered = [ListedClass(name, number) for number, name in enumerate(CLASSES)]
    else:
        names = dict(zip(_IDS, CLASSES, strict=True))
        numbered = [ListedClass(names.get(n, _VOID), n) for n in range(_ID_COUNT)]
    return ClassList("Cityscapes", tuple(numbered))


def kind_of_all(masks: Sequence[str]) -> str | None:
    """Return the kind that all masks are of, by their names; None if they are not of one."""
    kinds = (kind for kind in KINDS if all(mask.endswith(f"_{kind}.png") for mask in masks))
    return next(kinds, None) if masks else None


def told(kind: str) -> str:
    """Say which classes the masks have."""
    return f"the masks are Cityscapes' {kind}: the classes are its {len(CLASSES)}"
