"""Classes in words: scores beside published ones of the same kind, and of no other kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from iclip.messages import counted
from iclip.report.new_classes import NewClasses
from iclip.report.page_elements import Cell, Section, Table
from iclip.report.protocols import CAPTIONS, LABELS, Anchor, anchors, protocols
from iclip.report.run import Run
from iclip.report.run_scores import RunScore, scores_of

_COLUMNS = (
    "run, score", "yours", "counted", "method", "image tower", "published", "difference", "mark",
)  # fmt: skip
_NOTE = (
    "In percent. Marks: read in a public source; third party, read in another work's table; "
    "recalled, not looked up."
)
_KINDS = {
    LABELS: "box-novel, not label-novel: labels of images name new classes",
    CAPTIONS: "label-novel: no label names a new class",
}


@dataclass(frozen=True)
class Beside:
    """A score of a run, and the published ones that it stands beside.

    Attributes:
        run: The run's name.
        score: The score.
        kind: What the run has seen of the new classes: ``labels`` or ``captions``; empty where
            there are none, or it is not known.
        anchors: Published scores of its protocol and kind.
        others: How many of its protocol are of another kind.
    """

    run: str
    score: RunScore
    kind: str
    anchors: tuple[Anchor, ...]
    others: int

    @property
    def end(self) -> str:
        """The end of the score's name, by which anchors know it: ``APr``, ``top1``."""
        return self.score.metric.rpartition("/")[2]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for the report's JSON."""
        return {
            "run": self.run,
            "metric": self.score.metric,
            "value": self.score.value,
            "protocol": self.score.protocol,
            "seen_of_new_classes": self.kind,
            "anchors": [
                {
                    "method": anchor.method,
                    "backbone": anchor.backbone,
                    "value": anchor.scores[self.end],
                    "mark": anchor.mark,
                }
                for anchor in self.anchors
            ],
        }


def scores_beside(runs: Sequence[Run], new: Sequence[NewClasses]) -> list[Beside]:
    """Find the published scores of each run's protocol and kind.

    Args:
        runs: All runs; those whose config names a protocol count.
        new: What their pre-training has seen of the new classes, where that is known.
    """
    kinds = {found.run: LABELS if found.shared else CAPTIONS for found in new}
    beside = []
    for run in runs:
        for score in scores_of(run):
            if score.protocol in protocols() and score.value is not None:
                found = _beside(run.name, score, kinds.get(run.name, ""))
                if found is not None:
                    beside.append(found)
    return beside


def anchor_section(runs: Sequence[Run], new: Sequence[NewClasses]) -> Section:
    """Lay out a table per protocol, and what the pre-training's labels hold of the new classes."""
    found = scores_beside(runs, new)
    tables = []
    for name, words in protocols().items():
        members = [entry for entry in found if entry.score.protocol == name]
        if members:
            tables.append(_table(words, members))
    overlap = [_overlap_row(entry) for entry in new]
    if overlap:
        columns = ["run", "new classes", "in the pre-training's labels", "which", "others"]
        tables.append(Table("New classes that the pre-training's labels hold", columns, overlap))
    text = (
        [
            "A score stands beside those of its own kind: box or mask, trained on labels of images "
            "or not, closed or open vocabulary, and only where a config names the protocol."
        ]
        if tables
        else ()
    )
    return Section("words", "Classes in words", text=text, tables=tables)


def _beside(run: str, score: RunScore, kind: str) -> Beside | None:
    """Choose the anchors of a score; None for a score that the protocol's works do not state."""
    end = score.metric.rpartition("/")[2]
    of_protocol = [a for a in anchors() if a.protocol == score.protocol and end in a.scores]
    if not of_protocol and end not in ("AP", "APr", "mIoU", "top1"):
        return None
    same = tuple(anchor for anchor in of_protocol if anchor.known in ("", kind))
    return Beside(run, score, kind, same, len(of_protocol) - len(same))


def _table(words: str, members: Sequence[Beside]) -> Table:
    rows = [row for member in members for row in _rows(member)]
    kinds = sorted({_KINDS[member.kind] for member in members if member.kind})
    return Table(words, _COLUMNS, rows, " ".join([_NOTE, *(f"{kind}." for kind in kinds)]))


def _rows(member: Beside) -> list[list[Cell | str]]:
    score = member.score
    assert score.value is not None
    label = f"{member.run}, {score.metric}"
    mine = [label, f"{score.value:.1f}", str(score.counts)]
    if not member.anchors:
        why = "none is known"
        if member.others:
            why = f"{counted(member.others, 'published score')} of another kind"
            why += "" if member.kind else ": name new_classes in the config"
        return [[*mine, Cell(why, "unknown"), "-", "-", "-", "-"]]
    return [
        [
            *mine,
            anchor.method,
            anchor.backbone,
            f"{anchor.scores[member.end]:.1f}",
            f"{score.value - anchor.scores[member.end]:+.1f}",
            anchor.mark,
        ]
        for anchor in member.anchors
    ]


def _overlap_row(entry: NewClasses) -> list[Cell | str]:
    share = f"{len(entry.shared):,} of {len(entry.new):,} ({entry.share:.0%})"
    return [entry.run, f"{len(entry.new):,}", share, entry.shared_in_words, entry.others_in_words]
