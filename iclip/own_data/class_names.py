"""Names of classes as files state them: without blanks around them, each of them once."""

from collections import Counter
from collections.abc import Sequence

from iclip.files.text import is_unicode
from iclip.messages import counted
from iclip.own_data.remarks import Remarks


class ClassNames:
    """Numbers names of classes in the order in which they first come.

    Attributes:
        names: The names by label.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self._labels: dict[str, int] = {}

    def label(self, name: str) -> int:
        """Return the label of a name, a new one if need be.

        Raises:
            ValueError: The name is empty, or not text.
        """
        plain = " ".join(name.split())
        if not plain or not is_unicode(plain):
            raise ValueError(f"the name of a class is {name!r}: give it one")
        if plain not in self._labels:
            self._labels[plain] = len(self.names)
            self.names.append(plain)
        return self._labels[plain]


def labels_of_names(
    names: Sequence[str], classes: ClassNames, place: str, remarks: Remarks
) -> list[int]:
    """Return the label of each name; names that occur several times share one, which is noted.

    Args:
        names: As the file states them.
        classes: Receives new names.
        place: The file, for messages.
        remarks: Receives the note.

    Raises:
        ValueError: A name is empty, or not text.
    """
    try:
        labels = [classes.label(name) for name in names]
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error
    counts = Counter(labels)
    repeated = [classes.names[label] for label, count in counts.items() if count > 1]
    if repeated:
        remarks.note(
            f"{place} states {counted(len(repeated), 'name')} several times ({repeated[0]}): "
            "one class each"
        )
    return labels
