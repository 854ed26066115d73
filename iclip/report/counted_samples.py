"""How many samples of a data set a score counts: n of N, and what was left out."""

from collections.abc import Sequence
from dataclasses import dataclass

from iclip.data_summary import DataSummary
from iclip.messages import listing
from iclip.report.run import Run
from iclip.results import ClassScores, Result, SetResult

# What else a score may count besides a data set's samples, as readers name it.
_PARTS = ("boxes", "captions", "label maps")
# LVIS's groups of categories, by the end of a score's name.
_FREQUENCIES = {"APr": "rare", "APc": "common", "APf": "frequent"}


@dataclass(frozen=True)
class Counted:
    """What a score counts.

    Attributes:
        things: What is counted, in the plural: ``images``, ``videos``, ``boxes``.
        number: How many the score counts; None if unknown.
        whole: How many the data set lists, or its protocol counts; None if unknown.
    """

    things: str = "samples"
    number: int | None = None
    whole: int | None = None

    def __str__(self) -> str:
        """``148 of 150 images``; where the whole is unknown, ``148 images``."""
        return f"{self.numbers} {self.things}"

    @property
    def numbers(self) -> str:
        """``148 of 150``; where the whole is unknown, ``148``."""
        if self.number is None:
            return "an unknown number of"
        return f"{self.number:,}" + (f" of {self.whole:,}" if self.whole is not None else "")


@dataclass(frozen=True)
class Counts:
    """All that a score counts: the samples, their parts, and what is not among them.

    Attributes:
        samples: The data set's samples.
        parts: Boxes, captions or label maps of these samples.
        left_out: What was not counted, in words, each kind with an example.
    """

    samples: Counted
    parts: tuple[Counted, ...] = ()
    left_out: tuple[str, ...] = ()

    def __str__(self) -> str:
        """``148 of 150 images, 722 of 722 boxes; left out: 2 images without boxes (a.jpg)``."""
        told = ", ".join(map(str, (self.samples, *self.parts)))
        return f"{told}; left out: {listing(self.left_out, 4)}" if self.left_out else told


def counts_of_run(run: Run, result: Result, part: SetResult, metric: str = "") -> Counts:
    """Count what an evaluation of a run counts on a data set.

    Args:
        run: The run, with what was read of its data.
        result: The evaluation.
        part: The data set within it.
        metric: A score's whole name; LVIS's AP of rare categories counts these alone.
    """
    summary = _summary(run, result, part)
    groups = _of_frequency(run, result, metric)
    if summary is None:
        return Counts(Counted(number=part.images), groups)
    things = summary.things
    parts = [
        Counted(name, summary.counts[name], summary.listed(name))
        for name in _PARTS
        if name in summary.counts
    ]
    named = (things, *_PARTS)
    left_out = [str(omission) for name in named for omission in summary.not_read(name)]
    samples = Counted(things, part.images, summary.listed(things))
    return Counts(samples, (*parts, *groups), tuple(left_out))


def evaluation_in_words(run: Run, result: Result) -> str:
    """Write what an evaluation counts: ``48 of 50 videos``, ``1,000 of 1,000 + 240 of 240 images``.

    Of a single data set, the parts of its samples and what was left out are told as well.
    """
    sets = [part for part in result.sets if part.images is not None]
    counts = [counts_of_run(run, result, part) for part in sets]
    if len(counts) < 2:
        return str(counts[0]) if counts else "not recorded"
    samples = [found.samples for found in counts]
    if len({found.things for found in samples}) > 1:
        return " + ".join(map(str, samples))
    return " + ".join(found.numbers for found in samples) + f" {samples[0].things}"


def counts_of_tool(part: SetResult) -> Counts:
    """Count what a score of an evaluation tool, such as tools/zeroshot.py, counts."""
    unread = (("broken", part.unread.broken), ("missing", part.unread.missing))
    left_out = [
        f"{found.count:,} {word}" + (f" ({found.names[0]})" if found.names else "")
        for word, found in unread
        if found.count
    ]
    if part.left_out:
        left_out.append(part.left_out)
    return Counts(Counted("images", part.images, part.expected), (), tuple(left_out))


def _summary(run: Run, result: Result, part: SetResult) -> DataSummary | None:
    """Find what was read of a data set: by its path, and of several places by the loader's name."""
    if part.place is None:
        return None
    loader = result.settings.loader.removesuffix("_dataloader")
    found = [(place, summary) for place, summary in run.data.items() if summary.place == part.place]
    ordered = sorted(found, key=lambda entry: entry[0].split(".")[0] != loader)
    return ordered[0][1] if ordered else None


def _of_frequency(run: Run, result: Result, metric: str) -> tuple[Counted, ...]:
    """Count the categories with objects, and the objects, of the group that LVIS's AP is of."""
    group = _FREQUENCIES.get(metric.rpartition("/")[2])
    classes = run.classes
    if group is None or classes is None or classes.loader != result.settings.loader:
        return ()
    return _counted_classes(classes, group)


def _counted_classes(classes: ClassScores, group: str) -> tuple[Counted, ...]:
    members = [entry for entry in classes.classes if entry.frequency == group]
    measured: Sequence[int] = [entry.count for entry in members if entry.value is not None]
    if not members:
        return ()
    return (
        Counted(f"{group} categories", len(measured), len(members)),
        Counted(f"{classes.counted} of them", sum(measured), sum(entry.count for entry in members)),
    )
