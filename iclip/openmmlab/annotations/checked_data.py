"""What the check of one data set found, so that it can be compared with other data sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from iclip.data_summary import DataSummary
from iclip.findings import Findings


@dataclass(frozen=True)
class CheckedData:
    """A data set that was checked.

    Attributes:
        findings: What is wrong in it.
        read: What it holds, by its place in the run; empty if it could not be read.
        names: Names of the classes by label; None if they are not known.
        files: Its images or videos, which training and evaluation should not share.
    """

    findings: Findings
    read: Mapping[str, DataSummary] = field(default_factory=dict)
    names: Sequence[str] | None = None
    files: frozenset[str] = frozenset()
