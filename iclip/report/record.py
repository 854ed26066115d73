"""All that the report knows, as plain values with stable keys: what other programs read.

docs/report.md says what each key holds. Keys that stand there stay; new ones may be added.
"""

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from iclip import __version__
from iclip.report.anchor_section import scores_beside
from iclip.report.causes import causes_of
from iclip.report.expected_scores import as_plain, compare
from iclip.report.experiments import Experiment, experiments
from iclip.report.new_classes import all_new_classes
from iclip.report.run import Run
from iclip.report.run_scores import scores_of
from iclip.settings import get_setting

SCHEMA = "iclip.report/2"


def record_of(runs: Sequence[Run]) -> dict[str, Any]:
    """Return runs, experiments, expected scores, anchors and new classes as plain values."""
    grouped = experiments(runs)
    experiment_of = {run.name: found for found in grouped for run in found.runs}
    new, _ = all_new_classes(runs)
    return {
        "schema": SCHEMA,
        "iclip_version": __version__,
        "read": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "runs": [_run(run, experiment_of[run.name], runs) for run in runs],
        "experiments": [found.as_dict() for found in grouped],
        "expected": [entry for run in runs for entry in _expected(run)],
        "anchors": [entry.as_dict() for entry in scores_beside(runs, new)],
        "new_classes": [entry.as_dict() for entry in new],
    }


def _run(run: Run, experiment: Experiment, runs: Sequence[Run]) -> dict[str, Any]:
    start = run.starts[-1] if run.starts else {}
    protocol = run.config.get("protocol")
    return {
        "name": run.name,
        "experiment": experiment.name,
        "task": run.task,
        "toy": run.is_toy,
        "seed": get_setting(run.config, "randomness.seed"),
        "status": experiment.without.get(run.name, "evaluated"),
        "model": {
            "type": get_setting(run.config, "model.type"),
            "arch": get_setting(run.config, "model.backbone.arch"),
            "start": _file_name(get_setting(run.config, "model.backbone.checkpoint")),
        },
        "protocol": protocol if isinstance(protocol, str) else None,
        "iteration": run.iteration,
        "samples_seen": run.samples_seen,
        "commit": start.get("commit"),
        "command": start.get("command"),
        "hardware": start.get("hardware"),
        "data": [
            {**summary.as_dict(), "place": place, "path": summary.place}
            for place, summary in run.data.items()
        ],
        "scores": [score.as_dict() for score in scores_of(run)],
        "causes": [
            {"what": cause.what, "paper": cause.paper, "run": cause.run}
            for cause in causes_of(run, runs)
        ],
        "problems": list(run.problems),
    }


def _expected(run: Run) -> list[dict[str, Any]]:
    """Compare a run's scores; what is malformed in its config stands on the page."""
    try:
        return as_plain(compare(run))
    except ValueError:
        return []


def _file_name(path: Any) -> str | None:
    """Return a file's name: where it lies on this machine means nothing elsewhere."""
    return Path(path).name if isinstance(path, str) else None
