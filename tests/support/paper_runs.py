"""Runs and results that follow, or nearly follow, a row of the paper."""

from pathlib import Path
from typing import Any

from iclip.report.paper_protocol import paper_tables
from tests.support.run_folder import SAMPLES, measured, pretraining, sections, write_run

SETS = paper_tables()["table_3"]["columns"][1:-1]
CLIP = "open_clip:ViT-B-16:openai"


def write_half(folder: Path, metrics: dict[str, float], **changes: Any) -> None:
    """A run of Table 1's middle row."""
    write_run(folder, pretraining(), metrics, samples_seen=SAMPLES, measured=measured(**changes))


def conforming(value: float = 80.0) -> dict[str, dict[str, Any]]:
    """Results of Kornblith's twelve."""
    metrics = paper_tables()["evaluation"]["metrics"]
    return {name: {"value": value, "metric": metrics.get(name, "top1")} for name in SETS}


def table_3(folder: Path, model: str) -> dict[str, Any]:
    return next(
        table for table in sections(folder)["paper"]["tables"]
        if table["caption"].startswith("Table 3") and table["caption"].endswith(f": {model}")
    )  # fmt: skip
