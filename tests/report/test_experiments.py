"""Seeds of one experiment: a run that failed is shown, and does not count."""

import json
from pathlib import Path

import pytest

from iclip.report.experiments import experiments
from iclip.report.run_folders import find_runs
from tests.support.paper_runs import write_half
from tests.support.run_folder import pretraining, row, sections, write_run

pytestmark = pytest.mark.usefixtures("without_plots")


def write_seed(folder: Path, seed: int, top1: float | None, steps: int = 100) -> None:
    metrics = None if top1 is None else {"seen/top1": top1}
    write_run(folder / f"seed{seed}", pretraining(data="toy/", seed=seed), metrics)
    log = folder / f"seed{seed}/20260101_000000/vis_data/scalars.json"
    log.write_text(json.dumps({"train/loss": 1.0, "step": steps}) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three seeds that count, one without scores, and one that ended early with a good score."""
    for seed, top1 in enumerate((10.0, 12.0, 14.0)):
        write_seed(tmp_path / "x", seed, top1)
    write_seed(tmp_path / "x", 3, None)
    write_seed(tmp_path / "x", 4, 90.0, steps=100)
    for seed in range(4):
        log = tmp_path / f"x/seed{seed}/20260101_000000/vis_data/scalars.json"
        log.write_text(json.dumps({"train/loss": 1.0, "step": 200}) + "\n")
    return tmp_path


def test_failed_runs_are_named_and_do_not_count(folder: Path):
    (found,) = experiments(find_runs([folder]))
    assert list(found.scores["seen/top1"]) == [10.0, 12.0, 14.0]
    assert found.without == {
        "x/seed3": "has no scores", "x/seed4": "ended at iteration 100 of 200",
    }  # fmt: skip
    assert found.as_dict()["scores"]["seen/top1"] == {"mean": 12.0, "spread": 2.0, "runs": 3}
    assert len(found.as_dict()["without_scores"]) == 2


def test_overview_and_toy_table_show_the_failed_runs(folder: Path):
    found = sections(folder)
    cells = found["overview"]["tables"][0]["rows"][0]
    assert cells[0] == (
        "x (3 of 5 seeds; x/seed3 has no scores; x/seed4 ended at iteration 100 of 200)"
    )
    assert cells[1] == "seen/top1 12.0 ± 2.0"
    assert found["toy"]["tables"][0]["rows"][0][-2] == "3 of 5"


def test_a_first_seed_that_failed_hides_no_score(tmp_path: Path):
    write_seed(tmp_path / "x", 0, None)
    write_seed(tmp_path / "x", 1, 50.0)
    cells = sections(tmp_path)["overview"]["tables"][0]["rows"][0]
    assert cells[1] == "seen/top1 50.0"
    assert cells[2] == "validation"


def test_runs_that_all_failed_are_shown(tmp_path: Path):
    for seed in range(2):
        write_seed(tmp_path / "x", seed, None)
    cells = sections(tmp_path)["overview"]["tables"][0]["rows"][0]
    assert cells[:3] == [
        "x (0 of 2 seeds; x/seed0 has no scores; x/seed1 has no scores)", "-", "not yet",
    ]  # fmt: skip


def test_the_papers_row_has_mean_spread_and_a_verdict_of_the_seeds(tmp_path: Path):
    for seed, top1 in enumerate((44.0, 44.2, 44.4)):
        write_half(tmp_path / f"half/seed{seed}", {"imagenet1k/top1": top1})
        dump = tmp_path / f"half/seed{seed}/20260101_000000/vis_data/config.py"
        dump.write_text(pretraining(seed=seed) + "global_batch_size = 512\n")
    write_half(tmp_path / "half/seed3", None)
    dump = tmp_path / "half/seed3/20260101_000000/vis_data/config.py"
    dump.write_text(pretraining(seed=3) + "global_batch_size = 512\n")
    cells = row(sections(tmp_path)["paper"]["tables"][0], "50 : 50  iCLIP, IN-1K top-1")
    assert cells[1:4] == ["45.9", "44.2 ± 0.2", "-1.7"]
    assert cells[6].endswith("3 of 4 seeds; half/seed3 has no scores")
    assert cells[7] == "apart: 1.7 off, 1.0 allowed (3 runs, ± 0.2)"
    assert cells[8] == "global batch 512, not 4,160"
