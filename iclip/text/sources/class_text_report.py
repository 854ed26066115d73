"""What a person should know about a class-text table before training on it.

Equal names are kept: the descriptions tell the classes apart. Two classes that share name and
description read the same to the text encoder, whatever it learns.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from iclip.messages import listed_lines
from iclip.text.class_texts import ClassText
from iclip.text.sources.collected_texts import CollectedTexts

# From what several classes share, in lower case, to their ids.
Groups = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class ClassTextReport:
    """What is missing, repeated or ambiguous in a table. Texts are compared in lower case.

    Attributes:
        classes: Number of class texts.
        missing: Entries that the dictionary does not know; the table lacks them.
        repeated: Ids that the source names more than once; the table has them once.
        left_out: What lies beside the classes and is not a class, by kind.
        same_text: Ids of classes that share usual name and description.
        same_name: Ids of classes that share the usual name.
        same_description: Ids of classes that share the description.
        without_description: Ids whose description is empty.
    """

    classes: int
    missing: tuple[str, ...]
    repeated: tuple[str, ...]
    left_out: tuple[str, ...]
    same_text: Groups
    same_name: Groups
    same_description: Groups
    without_description: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the whole report as plain values for JSON."""
        return asdict(self)

    def lines(self, limit: int = 20) -> list[str]:
        """Write the report as lines, with at most ``limit`` entries per finding."""
        findings = {
            "missing from the dictionary": self.missing,
            "named more than once, kept once": self.repeated,
            "kinds of files that are not classes": self.left_out,
            "same name and description (cannot be told apart)": _named(self.same_text),
            "same name": _named(self.same_name),
            "same description": _named(self.same_description),
            "without a description": self.without_description,
        }
        return [f"{self.classes} class texts"] + [
            line for title, entries in findings.items() for line in _finding(title, entries, limit)
        ]


def class_text_report(collected: CollectedTexts) -> ClassTextReport:
    """Look for what is missing, repeated or ambiguous in collected class texts."""
    texts = collected.texts
    return ClassTextReport(
        classes=len(texts),
        missing=collected.missing,
        repeated=collected.repeated,
        left_out=collected.left_out,
        same_text=_shared(texts, lambda text: f"{text.names[0]}: {text.description}"),
        same_name=_shared(texts, lambda text: text.names[0]),
        same_description=_shared(texts, lambda text: text.description),
        without_description=tuple(text.id for text in texts if not text.description),
    )


def _shared(texts: Iterable[ClassText], key: Callable[[ClassText], str]) -> Groups:
    groups: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        groups[key(text).lower()].append(text.id)
    # Classes without a description do not share one.
    return {value: tuple(ids) for value, ids in groups.items() if value and len(ids) > 1}


def _named(groups: Groups) -> Sequence[str]:
    return [f"{value} ({', '.join(ids)})" for value, ids in groups.items()]


def _finding(title: str, entries: Sequence[str], limit: int) -> list[str]:
    return [f"  {title}: {len(entries)}", *listed_lines(entries, limit, indent=4)]
