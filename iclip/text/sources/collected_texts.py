"""What a source of class texts gives: the texts, and the names of what did not become one."""

from collections.abc import Iterable
from dataclasses import dataclass

from iclip.messages import listing
from iclip.text.class_texts import ClassText, duplicates


@dataclass(frozen=True)
class CollectedTexts:
    """Class texts with unique ids, and what did not become one.

    Attributes:
        texts: In the order of the class indices.
        missing: Entries that the dictionary does not know.
        repeated: Ids that the source names more than once.
        left_out: What lies beside the classes and is not a class, by kind.
    """

    texts: tuple[ClassText, ...]
    missing: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def merge_repeated(texts: Iterable[ClassText], place: str) -> CollectedTexts:
    """Keep a text that is repeated word for word once, and report its id.

    Args:
        texts: In the order of the class indices.
        place: Names the source at the start of an error message.

    Raises:
        ValueError: An id is repeated with another text.
    """
    texts = tuple(texts)
    unique = tuple(dict.fromkeys(texts))
    contradictions = duplicates(text.id for text in unique)
    if contradictions:
        raise ValueError(
            f"{place}: {len(contradictions)} ids have several texts: {listing(contradictions)}"
        )
    return CollectedTexts(unique, repeated=tuple(duplicates(text.id for text in texts)))
