"""What a check of the data finds before a run starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from iclip.data_summary import DataSummary
from iclip.messages import listing

SHOWN_EXAMPLES = 3


@dataclass(frozen=True)
class Findings:
    """What was found in the data of a run.

    Attributes:
        problems: What prevents the run, one text per file.
        notes: What the run will ignore, counted, one text per file.
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


# What the checks in this process have read; the record of a run's data (iclip.data_summary) takes
# it over.
_checked: dict[str, DataSummary] = {}


def keep_checked_data(read: Mapping[str, DataSummary]) -> None:
    """Keep the summaries of data sets whose classes do not report what they read."""
    _checked.update(read)


def checked_data() -> dict[str, DataSummary]:
    """Return the summaries kept in this process, by place in the run."""
    return dict(_checked)


@dataclass
class FileFindings:
    """What is found in one file, collected and then joined to one text.

    Attributes:
        title: The file, and the setting that names it.
        faults: What prevents the run.
        remarks: What the run will ignore.
    """

    title: str
    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def fault(self, what: str, examples: Sequence[str], remedy: str) -> None:
        """Add what prevents the run, if there is an example of it."""
        if examples:
            self.faults.append(_counted(what, examples, remedy))

    def remark(self, what: str, examples: Sequence[str], consequence: str) -> None:
        """Add what the run will ignore, if there is an example of it."""
        if examples:
            self.remarks.append(_counted(what, examples, consequence))

    def findings(self) -> Findings:
        """Return what was added, one text for the faults and one for the remarks."""
        return Findings(_text(self.title, self.faults), _text(self.title, self.remarks))


def _counted(what: str, examples: Sequence[str], consequence: str) -> str:
    distinct = list(dict.fromkeys(examples))
    return f"{what}: {len(examples):,} ({listing(distinct, SHOWN_EXAMPLES)}); {consequence}"


def _text(title: str, lines: list[str]) -> tuple[str, ...]:
    # The indent of lines below a numbered problem in the message of the check before a start.
    return ("\n".join([title, *(f"       - {line}" for line in lines)]),) if lines else ()
