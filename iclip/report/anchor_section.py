"""Classes in words: scores beside published ones of the same kind, and of no other kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from iclip.messages import counted
from iclip.report.distribution import verdict
from iclip.report.experiments import experiments
from iclip.report.known_spreads import known_spread
from iclip.report.new_classes import NewClasses
from iclip.report.page_elements import Cell, Section, Table
from iclip.report.protocols import CAPTIONS, LABELS, Anchor, anchors
from iclip.report.run import Run
from iclip.report.run_scores import RunScore, scores_of
from iclip.results.protocols import PROTOCOLS
from iclip.results.toy_tables import mean_and_spread

_COLUMNS = (
    "run, score", "yours", "counted", "method", "image tower", "published", "difference", "verdict",
    "mark",
)  # fmt: skip
_OWN = 3  # columns of the run itself
_NOTE = (
    "In percent. Marks: read in a public source; third party, read in another work's table; "
    "recalled, not looked up."
)
# Ends of the names of scores that works state; one of a group of classes has a longer end.
_STATED = ("AP", "APr", "mIoU", "top1")
_KINDS = {
    LABELS: "box-novel, not label-novel: labels of images name new classes",
    CAPTIONS: "label-novel: no label names a new class",
}


@dataclass(frozen=True)
class Beside:
    """A score of a run or of its seeds, and the published ones that it stands beside.

    Attributes:
        run: The run's name, or its seeds'.
        score: The score; of several seeds, that of the first one that counts.
        values: In percent, one per seed that counts.
        task: The run's task.
        kind: What the run has seen of the new classes: ``labels`` or ``captions``; empty where
            there are none, or it is not known.
        anchors: Published scores of its protocol and kind.
        others: How many of its protocol are of another kind.
    """

    run: str
    score: RunScore
    values: tuple[float, ...]
    task: str | None
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
            "value": mean(self.values),
            "runs": len(self.values),
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
        runs: All runs; scores with a protocol count. Seeds of one experiment are averaged.
        new: What their pre-training has seen of the new classes, where that is known.
    """
    kinds = {found.run: LABELS if found.shared else CAPTIONS for found in new}
    beside = []
    for experiment in experiments(runs):
        scores = [scores_of(run) for run in experiment.counting]
        for score in scores[0] if scores else ():
            values = tuple(_like(score, others) for others in scores)
            known = tuple(value for value in values if value is not None)
            if score.protocol in PROTOCOLS and known and _is_shown(score):
                first = experiment.counting[0]
                kind = kinds.get(first.name, "")
                same, others = _anchors_of(score, kind)
                beside.append(Beside(experiment.name, score, known, first.task, kind, same, others))
    return beside


def anchor_section(runs: Sequence[Run], new: Sequence[NewClasses]) -> Section:
    """Lay out a table per protocol, and what the pre-training's labels hold of the new classes."""
    found = scores_beside(runs, new)
    tables = []
    for name, words in PROTOCOLS.items():
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


def _is_shown(score: RunScore) -> bool:
    """Whether a score is one of those that works state, or the same of a group of classes."""
    end = score.metric.rpartition("/")[2]
    return end.split("_")[0] in _STATED and not end.endswith("_std")


def _like(score: RunScore, others: Sequence[RunScore]) -> float | None:
    """Return the value of another seed's score that was measured in the same way."""
    key = (score.metric, score.kind, score.protocol)
    same = (other for other in others if (other.metric, other.kind, other.protocol) == key)
    return next((other.value for other in same), None)


def _anchors_of(score: RunScore, kind: str) -> tuple[tuple[Anchor, ...], int]:
    """Choose the anchors of a score's protocol and kind, and count those of another kind.

    There are none for a score that a tool measured otherwise than the protocol says.
    """
    if score.deviations:
        return (), 0
    end = score.metric.rpartition("/")[2]
    of_protocol = [a for a in anchors() if a.protocol == score.protocol and end in a.scores]
    same = tuple(anchor for anchor in of_protocol if anchor.known in ("", kind))
    return same, len(of_protocol) - len(same)


def _table(words: str, members: Sequence[Beside]) -> Table:
    rows = [row for member in members for row in _rows(member)]
    if not any(member.anchors or member.others or member.score.deviations for member in members):
        rows = [row[:_OWN] for row in rows]
        return Table(
            words, _COLUMNS[:_OWN], rows, "In percent. No score of this kind is published."
        )
    kinds = sorted({_KINDS[member.kind] for member in members if member.kind})
    return Table(words, _COLUMNS, rows, " ".join([_NOTE, *(f"{kind}." for kind in kinds)]))


def _rows(member: Beside) -> list[list[Cell | str]]:
    several = len(member.values)
    seeds = f" ({several} seeds)" if several > 1 else ""
    label = f"{member.run}{seeds}, {member.score.metric}"
    mine = [label, mean_and_spread(member.values), str(member.score.counts)]
    if not member.anchors:
        why = "none is known"
        if member.score.deviations:
            why = f"differs from the protocol: {'; '.join(member.score.deviations)}"
        elif member.others:
            why = f"{counted(member.others, 'published score')} of another kind"
            why += "" if member.kind else ": name new_classes in the config"
        return [[*mine, Cell(why, "unknown"), *["-"] * 5]]
    return [
        [
            *mine,
            anchor.method,
            anchor.backbone,
            f"{anchor.scores[member.end]:.1f}",
            f"{mean(member.values) - anchor.scores[member.end]:+.1f}",
            _verdict(member, anchor),
            anchor.mark,
        ]
        for anchor in member.anchors
    ]


def _verdict(member: Beside, anchor: Anchor) -> str:
    spread = known_spread(member.task, member.score.metric)
    return verdict(member.values, anchor.scores[member.end], spread).words


def _overlap_row(entry: NewClasses) -> list[Cell | str]:
    share = f"{len(entry.shared):,} of {len(entry.new):,} ({entry.share:.0%})"
    return [entry.run, f"{len(entry.new):,}", share, entry.shared_in_words, entry.others_in_words]
