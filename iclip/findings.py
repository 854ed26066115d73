"""What a check of data has found before a run starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from iclip.data_summary import DataSummary
from iclip.messages import listing

SHOWN_EXAMPLES = 3


@dataclass(frozen=True)
class Findings:
    """What was found in the data of a run.

    Attributes:
        problems: What stops a run, one text per file.
        notes: What a run passes over, counted, one text per file.
        read: What was read of each data set, by its place in the run: ``train``, ``val``, ``test``.
    """

    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    read: Mapping[str, DataSummary] = field(default_factory=dict)

    def __add__(self, other: "Findings") -> "Findings":
        return Findings(
            self.problems + other.problems,
            self.notes + other.notes,
            {**self.read, **other.read},
        )


# What this process has checked; a run's record of its data is made from it.
_checked: dict[str, DataSummary] = {}


def keep_checked_data(read: Mapping[str, DataSummary]) -> None:
    """Keep the summaries of data sets that cannot say themselves what they read."""
    _checked.update(read)


def checked_data() -> dict[str, DataSummary]:
    """Give the summaries kept in this process, by place in the run."""
    return dict(_checked)


@dataclass
class FileFindings:
    """Collects what is found in one file and makes one text of all of it.

    Attributes:
        title: Names the file and the setting that names it.
        faults: What stops a run.
        remarks: What a run passes over.
    """

    title: str
    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def fault(self, what: str, examples: Sequence[str], remedy: str) -> None:
        """Note what stops a run, unless there is no example of it."""
        if examples:
            self.faults.append(_counted(what, examples, remedy))

    def remark(self, what: str, examples: Sequence[str], consequence: str) -> None:
        """Note what a run passes over, unless there is no example of it."""
        if examples:
            self.remarks.append(_counted(what, examples, consequence))

    def findings(self) -> Findings:
        """Give everything noted, one text for the faults and one for the remarks."""
        return Findings(_text(self.title, self.faults), _text(self.title, self.remarks))


def _counted(what: str, examples: Sequence[str], consequence: str) -> str:
    distinct = list(dict.fromkeys(examples))
    return f"{what}: {len(examples):,} ({listing(distinct, SHOWN_EXAMPLES)}); {consequence}"


def _text(title: str, lines: list[str]) -> tuple[str, ...]:
    return ("\n".join([title, *(f"       - {line}" for line in lines)]),) if lines else ()
