"""Classes that training never shows, named by words or by a linear classifier, on the toy world.

The runs of a task differ in the classifier alone: they have the same boxes, clips or masks, of the
seen classes only, the same budget and the same pre-trained backbone. Each has its own seed and
folder, so that an experiment that was interrupted continues where it stopped.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from iclip.results import METRICS_FILE, load_validation
from iclip.results.toy_tables import NEW_CLASS_COLUMNS, NEW_CLASS_METRICS, mean_and_spread
from iclip.tasks import DETECTION, SEGMENTATION, VIDEO, in_percent

# By task: what the table calls the figure, and the config with the text classifier, whose controls'
# configs have its name and an ending.
TASKS: dict[str, tuple[str, str]] = {
    DETECTION: ("detection, box AP", "lvis_frcnn_openvocab"),
    VIDEO: ("video, top-1", "k400_video_swin_openvocab"),
    SEGMENTATION: ("segmentation, mIoU", "ade20k_maskformer_openvocab"),
}
# By name: what the table calls the classifier, and the ending of its config.
CLASSIFIERS: dict[str, tuple[str, str]] = {
    "text": ("text, names and descriptions", ""),
    "names": ("text, names only", "_names"),
    "linear": ("linear", "_linear"),
}
NOTE = (
    "A linear classifier has no weights for what it was not shown, so that its figures on new "
    "classes are 0 by construction. All figures are among all classes, seen and new."
)


@dataclass(frozen=True)
class OpenRun:
    """A training on the seen classes of a task.

    Attributes:
        task: Key of `TASKS`.
        classifier: Key of `CLASSIFIERS`.
        seed: Seed of the training.
    """

    task: str
    classifier: str
    seed: int

    @property
    def config(self) -> str:
        """Name of its config in ``downstream/toy``, without ``.py``."""
        return TASKS[self.task][1] + CLASSIFIERS[self.classifier][1]

    def folder(self, root: Path) -> Path:
        """Return its work dir below the experiment's folder."""
        return root / self.config / f"seed{self.seed}"

    def scores(self, root: Path) -> dict[str, float] | None:
        """Read its figures in percent by column of the table; None if it has not ended.

        Raises:
            ValueError: Its file is damaged.
        """
        file = self.folder(root) / METRICS_FILE
        if not file.is_file():
            return None
        metrics = load_validation(file).metrics
        columns = zip(NEW_CLASS_COLUMNS, NEW_CLASS_METRICS[self.task], strict=True)
        return {
            column: in_percent(name, metrics[name]) for column, name in columns if name in metrics
        }


def planned_runs(tasks: Sequence[str], classifiers: Sequence[str], seeds: int) -> Iterator[OpenRun]:
    """Yield the runs of an experiment.

    Of a task, the first seed of each classifier comes first, so that an early table has all rows.
    """
    for task in tasks:
        for seed in range(seeds):
            for classifier in classifiers:
                yield OpenRun(task, classifier, seed)


def open_vocabulary_table(root: Path, runs: Sequence[OpenRun]) -> str:
    """Lay out a Markdown table: mean and sample standard deviation over the seeds that have ended.

    Args:
        root: The experiment's folder.
        runs: Its runs; those of one task and classifier are a row.
    """
    lines = [
        "| % | classifier | " + " | ".join(NEW_CLASS_COLUMNS) + " | seeds |",
        "|---" * (len(NEW_CLASS_COLUMNS) + 3) + "|",
    ]
    rows: dict[tuple[str, str], list[OpenRun]] = {}
    for run in runs:
        rows.setdefault((run.task, run.classifier), []).append(run)
    for (task, classifier), members in rows.items():
        ended = [scores for run in members if (scores := run.scores(root)) is not None]
        cells = [
            mean_and_spread([scores[column] for scores in ended if column in scores])
            for column in NEW_CLASS_COLUMNS
        ]
        titles = (TASKS[task][0], CLASSIFIERS[classifier][0])
        lines.append(f"| {' | '.join((*titles, *cells))} | {len(ended)} |")
    return "\n".join(lines) + "\n"
