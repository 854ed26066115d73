"""Summaries of data sets: what was read and what was left out, as a line and as a record.

Readers make the summaries, the engine logs and saves them, the report shows them.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from iclip.files.images import LeftOut
from iclip.messages import printable

# Name of the record in a run's folder.
DATA_FILE = "data.json"
# How the kind of an omission begins whose things belong to another data set: the other splits of a
# file that holds several.
OF_SPLIT = "images of split"


@dataclass(frozen=True)
class Omission:
    """What a reader left out, of one kind.

    Attributes:
        what: The kind, in the plural (``images without a text``).
        count: How many.
        example: Name of one of them.
    """

    what: str
    count: int
    example: str

    def __str__(self) -> str:
        """``3 images without a text (a.tar: 0.jpg)``."""
        return f"{number_of(self.count, self.what)} ({printable(self.example)})"


@dataclass(frozen=True)
class DataSummary:
    """What one data set holds.

    Attributes:
        reader: The class that reads it, as in a config.
        place: Where it lies, as in the config.
        counts: Numbers of things by their plural (``{"images": 12}``), in the order in which the
            line names them.
        left_out: What the reader left out, by kind.
        notes: What else determines the samples, such as the dialect of a table.
    """

    reader: str
    place: str
    counts: Mapping[str, int]
    left_out: tuple[Omission, ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        """``LabelledImages data/a: 12 images, 4 classes; left out: 1 .txt files (a/x.txt)``."""
        told = [", ".join(number_of(count, what) for what, count in self.counts.items())]
        told += self.notes
        if self.left_out:
            told.append("left out: " + ", ".join(map(str, self.left_out)))
        return f"{self.reader} {printable(self.place)}: {'; '.join(told)}"

    @property
    def things(self) -> str:
        """What the samples are, in the plural: ``images``, ``videos``, ``pairs``."""
        return next(iter(self.counts), "samples")

    def not_read(self, things: str) -> tuple[Omission, ...]:
        """Return the omissions of some things that the data set lists, such as ``images``."""
        return tuple(
            omission
            for omission in self.left_out
            if omission.what.split(" ")[0] == things and not omission.what.startswith(OF_SPLIT)
        )

    def listed(self, things: str) -> int:
        """Count the things that the data set lists: those that were read, and those left out."""
        left_out = sum(omission.count for omission in self.not_read(things))
        return self.counts.get(things, 0) + left_out

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, which `from_dict` reads."""
        return {**asdict(self), "counts": dict(self.counts)}

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> "DataSummary":
        """Read what `as_dict` returned.

        Raises:
            ValueError: The entry is something else.
        """
        try:
            return cls(
                reader=str(entry["reader"]),
                place=str(entry["place"]),
                counts={str(what): int(count) for what, count in entry["counts"].items()},
                left_out=tuple(Omission(**omission) for omission in entry["left_out"]),
                notes=tuple(map(str, entry["notes"])),
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(
                f"not a summary of data ({type(error).__name__}: {error}): {entry!r}"
            ) from error


def number_of(count: int, what: str) -> str:
    """Write a number of things; for 1, the first word that ends in s becomes singular."""
    words = what.split(" ")
    plural = next((at for at, word in enumerate(words) if word.endswith("s")), None)
    if count == 1 and plural is not None:
        words[plural] = _singular(words[plural])
    return f"{count:,} {' '.join(words)}"


def omissions(left_out: LeftOut) -> tuple[Omission, ...]:
    """Return the files that a listing left out as omissions, the most frequent kind first."""
    kinds = sorted(left_out.counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Omission(_files_of(kind), count, left_out.examples[kind]) for kind, count in kinds)


def merged(parts: Iterable[Omission], limit: int = 20) -> tuple[Omission, ...]:
    """Add up omissions of the same kind; kinds beyond the ``limit`` most frequent become one."""
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for part in parts:
        counts[part.what] += part.count
        examples.setdefault(part.what, part.example)
    ordered = sorted(counts, key=lambda what: -counts[what])
    rest = ordered[limit:]
    kept = [Omission(what, counts[what], examples[what]) for what in ordered[:limit]]
    if rest:
        others = sum(counts[what] for what in rest)
        kept.append(Omission("others", others, examples[rest[0]]))
    return tuple(kept)


def dump_summaries(summaries: Mapping[str, DataSummary]) -> str:
    """Return a record of a run's data sets as JSON, by their places in the config."""
    entries = {place: summary.as_dict() for place, summary in summaries.items()}
    # ASCII, since file names need not be valid UTF-8.
    return json.dumps(entries, indent=1) + "\n"


def load_summaries(path: str | os.PathLike[str]) -> dict[str, DataSummary]:
    """Read a record of a run's data sets.

    Raises:
        OSError: The file cannot be read.
        ValueError: The file is not such a record; the message names it.
    """
    try:
        content = json.loads(Path(path).read_bytes())
        return {place: DataSummary.from_dict(entry) for place, entry in content.items()}
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{path} is not a record of data sets: {error}") from error


def _files_of(kind: str) -> str:
    """Write a kind of left-out file in the plural: ``.txt files``, ``hidden files``."""
    if kind == "no extension":
        return "files without extension"
    return f"{kind} files" if kind == "hidden" or kind.startswith(".") else kind


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("sses", "xes", "shes", "ches")) else word[:-1]
