"""One table of three ways to classify the same images: fine-tuned, linear probe, zero-shot."""

from collections.abc import Iterator, Sequence

from iclip.report.counted_samples import counts_of_run
from iclip.report.page_elements import Section, Table
from iclip.report.run import Run
from iclip.report.score_words import counted_images
from iclip.results import PROBE, ZERO_SHOT, Result, SetResult
from iclip.tasks import CLASSIFICATION

# The results of `iclip finetune classification` on its validation images, beside the run's own.
_WAYS = {
    PROBE: "linear probe of the frozen backbone",
    ZERO_SHOT: "zero-shot, by the names of the classes",
}
_SCORE = "accuracy/top1"
_COLUMNS = ("way", "top-1 (%)", "images", "weights")


def ways_section(runs: Sequence[Run]) -> Section:
    """Show what fine-tuning adds to what the checkpoint tells apart without it."""
    return Section(
        "ways",
        "Fine-tuned, probed and zero-shot",
        tables=[
            Table(f"{run.name}: validation images", _COLUMNS, rows)
            for run in runs
            if run.task == CLASSIFICATION and len(rows := list(_rows(run))) > 1
        ],
    )


def _rows(run: Run) -> Iterator[list[str]]:
    found = run.validation
    if found is not None and _SCORE in found.metrics:
        told = str(counts_of_run(run, found, found.sets[0]))
        yield ["fine-tuning of the whole", f"{found.metrics[_SCORE]:.1f}", told, "this run's"]
    for kind, words in _WAYS.items():
        for result, part in _results(run, kind):
            yield [words, f"{part.score:.1f}", counted_images(part), result.model]


def _results(run: Run, kind: str) -> Iterator[tuple[Result, SetResult]]:
    for result in run.results.values():
        if result.kind == kind:
            yield from ((result, part) for part in result.sets if part.scores)
