"""What the numbers and colors of a data set's masks stand for, decided from its class list.

Numbers are those of the class list, from 0; 255 is ignored unless the list names it. Colors are
looked up in a list with colors. A class called ``void``, ``ignore`` or ``unlabeled`` is not a
class: its pixels are ignored. Masks of two values, black and white or 0 and 1, need no list.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from iclip.messages import counted, listing
from iclip.own_data.masks.class_lists import ClassList
from iclip.own_data.masks.files import Color, ColorMask, MaskContent, NumberMask, StoredLabels
from iclip.own_data.masks.masked_image import IGNORED, Mask, check_class_count

# Names that tools give to what has no class, in lower case and without underscores around them.
IGNORED_NAMES = ("void", "ignore", "ignored", "unlabeled", "unlabelled")
BACKGROUND, FOREGROUND = "background", "foreground"
# Pascal VOC's border around objects, which its label map does not list.
_BORDER: Color = (224, 224, 192)
_SHOWN = 5


@dataclass(frozen=True)
class Encoding:
    """The labels that masks stand for.

    Attributes:
        classes: Names of the classes; a label is an index into them.
        values: Label of each number.
        colors: Label of each color; empty if colors stand for nothing.
        one_channel_by_color: Whether the colors of masks with one channel count, instead of their
            numbers.
        notes: What was decided, one sentence each.
    """

    classes: tuple[str, ...]
    values: Mapping[int, int]
    colors: Mapping[Color, int]
    one_channel_by_color: bool = False
    notes: tuple[str, ...] = ()

    def mask(self, content: MaskContent) -> Mask:
        """Return the mask that a file is, whose content `find_encoding` has seen."""
        if self.is_by_color(content):
            return ColorMask(content.path, self.colors)
        values = content.values or {}
        if content.eight_bits and all(self.values[value] == value for value in values):
            return StoredLabels(content.path)
        return NumberMask(content.path, self.values)

    def labels(self, content: MaskContent) -> tuple[int, ...]:
        """Return the labels that occur in a mask, each once, without the ignored one."""
        if self.is_by_color(content):
            found = {self.colors[color] for color in content.colors or ()}
        else:
            found = {self.values[value] for value in content.values or ()}
        return tuple(sorted(found - {IGNORED}))

    def unknown(self, content: MaskContent) -> list[str]:
        """Name the numbers or colors of a mask that stand for nothing."""
        if self.is_by_color(content):
            return [_text(color) for color in content.colors or () if color not in self.colors]
        return [str(value) for value in content.values or () if value not in self.values]

    def is_by_color(self, content: MaskContent) -> bool:
        """Whether a mask's colors count, instead of its numbers."""
        if content.one_channel:
            return self.one_channel_by_color
        return content.values is None or bool(self.colors)


def find_encoding(contents: Sequence[MaskContent], listed: ClassList | None) -> Encoding:
    """Find out what the masks of a data set stand for.

    Args:
        contents: What all its masks store.
        listed: Its class list; None if it has none.

    Raises:
        ValueError: Without a class list it cannot be known; or the masks store numbers or colors
            that the list does not have; or there are too many classes.
    """
    by_list = None if listed is None else _by_list(contents, listed)
    encoding = by_list
    if by_list is None or not by_list.one_channel_by_color:
        encoding = _two_values(contents, listed) or by_list
    if encoding is None:
        raise ValueError(_no_list(contents))
    if listed is not None:
        check_class_count(len(encoding.classes), listed.file)
        _check_known(contents, encoding, listed)
    return encoding


def _two_values(contents: Sequence[MaskContent], listed: ClassList | None) -> Encoding | None:
    """Return the encoding of masks of two values; None if they have others."""
    in_color = any(not content.one_channel for content in contents)
    if listed is not None and listed.has_colors and in_color:
        return None
    if any(content.values is None for content in contents):
        return None
    values = {value for content in contents for value in content.values or ()}
    names = () if listed is None else tuple(entry.name for entry in listed.classes)
    if values != {0, 255} and not (values == {0, 1} and len(names) < 2):
        return None
    if listed is not None and len(names) > 2:
        raise ValueError(
            f"the masks are black and white, 0 and 255, and {listed.file} names {len(names)} "
            "classes: write the class's number in place of 255"
        )
    other = max(values)
    kind = "black and white" if other == IGNORED else "of two values"
    remedy = ""
    if not names:
        remedy = " (name them in classes.txt, one per line, to call them otherwise)"
    if len(names) < 2:
        names = (BACKGROUND, names[0] if names else FOREGROUND)
    note = f"the masks are {kind}: 0 is {names[0]!r}, {other} is {names[1]!r}{remedy}"
    kept = tuple(name for name in names if not is_ignored(name))
    labels = [kept.index(name) if name in kept else IGNORED for name in names]
    return Encoding(kept, {0: labels[0], other: labels[1]}, {}, notes=(note,))


def _by_list(contents: Sequence[MaskContent], listed: ClassList) -> Encoding:
    """Return the encoding that the class list states."""
    kept = [entry for entry in listed.classes if not is_ignored(entry.name)]
    ignored = [entry for entry in listed.classes if is_ignored(entry.name)]
    if not kept:
        raise ValueError(f"{listed.file} names no class but {ignored[0].name!r}, which is ignored")
    values = {IGNORED: IGNORED} | {entry.value: label for label, entry in enumerate(kept)}
    values |= {entry.value: IGNORED for entry in ignored}
    notes = [f"{entry.name!r} of {listed.file} is ignored" for entry in ignored]
    colors = {entry.color: label for label, entry in enumerate(kept) if entry.color}
    colors |= {entry.color: IGNORED for entry in ignored if entry.color}
    one_channel = [content for content in contents if content.one_channel]
    by_color = False
    if colors:
        colors.setdefault(_BORDER, IGNORED)
        by_color = bool(one_channel) and all(
            content.colors is not None and colors.keys() >= content.colors.keys()
            for content in one_channel
        )
        if one_channel and not by_color:
            notes.append(
                f"the numbers in the masks count, 0 is {listed.classes[0].name!r}: they do not "
                f"have the colors of {listed.file}"
            )
    by_number = [] if by_color else one_channel
    if values[IGNORED] == IGNORED and any(IGNORED in (c.values or ()) for c in by_number):
        notes.append("the number 255 in masks is ignored")
    names = tuple(entry.name for entry in kept)
    return Encoding(names, values, colors, by_color, tuple(notes))


def is_ignored(name: str) -> bool:
    """Whether a name is one that tools give to what has no class."""
    return name.lower().strip("_") in IGNORED_NAMES


def _no_list(contents: Sequence[MaskContent]) -> str:
    """Say that a class list is needed, and how to write the one that the masks would fit."""
    if any(content.values is None for content in contents):
        colors = _seen(contents, lambda content: map(_text, content.colors or ()))
        return (
            f"the masks have the colors {listing(colors, _SHOWN)}, and no list says what they "
            "stand for: write labelmap.txt beside the folders, a line name:red,green,blue:: per "
            "class"
        )
    seen = sorted({value for content in contents for value in content.values or ()})
    numbers = [str(value) for value in seen if value != IGNORED]
    return (
        f"the masks have the numbers {listing(numbers, _SHOWN)}, and no list says what they stand "
        "for: write classes.txt beside the folders, a name per line; the first line names 0 (void "
        "there if 0 is to be ignored); 255 is ignored"
    )


def _check_known(contents: Sequence[MaskContent], encoding: Encoding, listed: ClassList) -> None:
    """Stop where a mask stores what stands for nothing."""
    faulty = [content for content in contents if encoding.unknown(content)]
    if not faulty:
        return
    first = faulty[0]
    of_color = encoding.is_by_color(first)
    same_kind = [content for content in faulty if encoding.is_by_color(content) == of_color]
    what = listing(_seen(same_kind, encoding.unknown), _SHOWN)
    place = f"{len(same_kind):,} of {counted(len(contents), 'mask')} (such as {first.path})"
    if of_color and not encoding.colors:
        raise ValueError(
            f"{place} have colors, {what}, and {listed.file} has none: write labelmap.txt in its "
            "place, a line name:red,green,blue:: per class"
        )
    if of_color:
        names, remedy = "colors", "a line void:red,green,blue:: for what"
    else:
        names, remedy = "numbers", "a name for each number, such as void for what"
    known = counted(len(listed.classes), "class", "classes")
    blurred = first.path.lower().endswith((".jpg", ".jpeg"))
    png = "; JPEG changes the values of masks, PNG keeps them" if blurred else ""
    raise ValueError(
        f"{place} have {names} that stand for nothing: {what}; {listed.file} names {known}, the "
        f"last is {listed.classes[-1].value}. Add {remedy} is to be ignored, or correct the masks"
        f"{png}"
    )


def _seen(
    contents: Sequence[MaskContent], texts: Callable[[MaskContent], Iterable[str]]
) -> list[str]:
    """List what occurs in masks, the most frequent first."""
    counts = Counter(text for content in contents for text in texts(content))
    return [text for text, _ in counts.most_common()]


def _text(color: Color) -> str:
    return ",".join(map(str, color))
