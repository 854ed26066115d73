"""The report: folders are read, and their runs laid out section by section."""

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from iclip import __version__
from iclip.messages import counted
from iclip.report.anchor_section import anchor_section
from iclip.report.class_section import class_section
from iclip.report.curve_section import curve_section
from iclip.report.evaluation_section import evaluation_section
from iclip.report.expected_scores import expected_section
from iclip.report.new_class_section import new_class_section
from iclip.report.new_classes import all_new_classes
from iclip.report.overview_section import overview_section
from iclip.report.page_elements import Document, Section
from iclip.report.paper_section import paper_section
from iclip.report.picture_section import picture_section
from iclip.report.provenance_section import provenance_section
from iclip.report.recipe_section import recipe_section
from iclip.report.record import record_of
from iclip.report.run import Run
from iclip.report.run_folders import find_runs
from iclip.report.toy_section import toy_section
from iclip.report.ways_section import ways_section


def build_report(folders: Sequence[Path]) -> Document:
    """Read the runs in some folders and lay them beside the paper.

    Raises:
        FileNotFoundError: A folder does not exist.
        ValueError: A folder holds no run.
    """
    runs = find_runs(folders)
    of_toy = [run for run in runs if run.is_toy]
    pictures, unread = picture_section(runs)
    shown_new, also_unread = new_class_section(of_toy)
    unread += also_unread
    new, unknown = all_new_classes(runs)
    # What was run comes first, then what it is compared with.
    sections = (
        overview_section(runs),
        expected_section(runs),
        anchor_section(runs, new),
        toy_section(of_toy),
        shown_new,
        ways_section(runs),
        evaluation_section(runs),
        pictures,
        paper_section([run for run in runs if not run.is_toy]),
        recipe_section(runs),
        class_section(runs),
        curve_section(runs),
        provenance_section(runs, [*unread, *unknown]),
    )
    problems = sum(len(run.problems) for run in runs) + len(unread) + len(unknown)
    note = f" {counted(problems, 'problem')}, listed at the end." if problems else ""
    return Document(
        title="iCLIP: runs beside the paper",
        summary=(
            _counts(runs) + note,
            "Scores of another protocol, the toy world's above all, have sections of their own and "
            "are never subtracted from the paper's.",
        ),
        sections=[section for section in sections if _is_filled(section)],
        record=record_of(runs),
    )


def _counts(runs: Sequence[Run]) -> str:
    """Write how much was read, when and by which version."""
    trained, of_toy = sum(run.is_trained for run in runs), sum(run.is_toy for run in runs)
    sets = [part for run in runs for result in run.results.values() for part in result.sets]
    evaluations = counted(sum(bool(part.scores) for part in sets), "evaluation")
    now = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    return (
        f"{counted(trained, 'run')} ({of_toy} of the toy world) and {evaluations}, read on {now} "
        f"by iclip {__version__}."
    )


def _is_filled(section: Section) -> bool:
    return bool(section.text or section.tables or section.plots or section.pictures)
