"""Some of a data set's classes, named in a config by a class-text table or by their names."""

from collections import Counter
from collections.abc import Sequence

from iclip.messages import listing
from iclip.text.class_texts import read_class_texts


def classes_in_group(
    group: str | Sequence[str], classes: Sequence[str], setting: str
) -> tuple[int, ...]:
    """Return the places of a group's classes among all, in ascending order.

    Args:
        group: A class-text table, of which a class is named by its usual name, or else its id; or
            the names themselves.
        classes: Names of all classes.
        setting: Where the group was given, for messages.

    Raises:
        FileNotFoundError: There is no such table.
        ValueError: The group is empty, or names what is not a class or is several classes.
    """
    counts = Counter(classes)
    if isinstance(group, str):
        texts = read_class_texts(group)
        names = [text.names[0] if text.names[0] in counts else text.id for text in texts]
    else:
        names = list(group)
    shown = group if isinstance(group, str) else f"[{listing(names, 3)}]"
    if not names:
        raise ValueError(f"{setting}={shown} names no class")
    unknown = [name for name in names if name not in counts]
    if unknown:
        raise ValueError(
            f"{setting}={shown}: {len(unknown)} of {len(names)} are not classes of the data set: "
            f"{listing(unknown, 5)}. Its classes begin with {listing(list(classes), 5)}"
        )
    several = [name for name in names if counts[name] > 1]
    if several:
        raise ValueError(
            f"{setting}={shown}: the data set has several classes named {listing(several, 5)}"
        )
    wanted = set(names)
    return tuple(place for place, name in enumerate(classes) if name in wanted)
