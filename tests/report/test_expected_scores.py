"""Scores beside those that a config expects: within, outside or missing, for every task."""

from pathlib import Path
from typing import Any

import pytest

from iclip.report.expected_scores import MISSING, OUTSIDE, WITHIN, compare, compare_all
from iclip.report.run import Run
from iclip.report.run_folders import find_runs
from iclip.results import Result, SetResult, Settings
from tests.support.run_folder import sections, write_run

CONFIGS = {
    "pre-training": ({"default_scope": "iclip"}, "seen/top1", 97.0),
    "detection": ({"default_scope": "mmdet"}, "lvis/AP", 97.0),
    "segmentation": ({"default_scope": "mmseg"}, "mIoU", 97.0),
    "video": ({"default_scope": "mmaction"}, "acc/top1", 0.97),
    "classification": (
        {"default_scope": "iclip", "model": {"num_classes": 2}}, "accuracy/top1", 97.0,
    ),
}  # fmt: skip


def run_with(
    expected: Any, scores: dict[str, float] | None, config: Any = None, images: int | None = 150
) -> Run:
    sets = (SetResult((), scores, images),) if scores is not None else ()
    result = Result("", sets, Settings(iteration=250)) if scores is not None else None
    return Run(Path("r"), "r", {**(config or {}), "expected": expected}, validation=result)


@pytest.mark.parametrize("task", CONFIGS)
@pytest.mark.parametrize(
    ("value", "verdict"), [(96.0, WITHIN), (98.0, WITHIN), (95.9, OUTSIDE), (98.1, OUTSIDE)]
)
def test_every_task_is_compared_in_percent(task: str, value: float, verdict: str):
    config, metric, measured = CONFIGS[task]
    run = run_with({metric: {"value": value, "tolerance": 1.0}}, {metric: measured}, config)
    assert run.task == task
    (found,) = compare(run)
    assert (found.value, found.verdict) == (pytest.approx(97.0), verdict)


@pytest.mark.parametrize(
    ("value", "measured", "why"),
    [(30.0, 30.1, ""), (30.1, 30.0, ""), (30.0, 30.11, "+0.11"), (30.04, 29.9, "-0.14")],
)
def test_a_difference_is_told_with_the_digits_that_show_it(value: float, measured: float, why: str):
    (found,) = compare(run_with({"mIoU": {"value": value, "tolerance": 0.1}}, {"mIoU": measured}))
    assert found.why == why


def test_a_score_that_is_not_a_number_is_missing_for_that_reason(tmp_path: Path):
    config = "expected = dict(mIoU=dict(value=50.0, tolerance=1.0))\n"
    write_run(tmp_path / "nan", config, {"mIoU": float("nan"), "mAcc": 1.0})
    write_run(tmp_path / "cut", config, {"mIoU": 50.0})
    (tmp_path / "cut/metrics.json").write_text('{"metr')
    cut, nan = compare_all(find_runs([tmp_path]))
    assert nan.why == "metrics.json: mIoU is nan, not a finite number"
    assert cut.why.startswith("metrics.json: cannot be read")


def test_a_run_whose_config_cannot_be_read_is_not_passed_over(tmp_path: Path):
    write_run(tmp_path / "good", "expected = dict(mIoU=dict(value=50.0, tolerance=1.0))\n")
    write_run(tmp_path / "bad", "expected = dict(")
    with pytest.raises(ValueError, match=r"^bad: config.py: .*; what it expects is not known$"):
        compare_all(find_runs([tmp_path]))


def test_scores_of_equal_runs_give_value_and_tolerance():
    # Student's t of three runs, 4.3027, times the deviation 2 times sqrt(4 / 3).
    expected = {"lvis/AP": {"runs": (10.0, 12.0, 14.0)}}
    (found,) = compare(run_with(expected, {"lvis/AP": 21.9}))
    assert (found.expected, found.verdict) == (12.0, WITHIN)
    assert found.tolerance == pytest.approx(4.3027 * 2 * (4 / 3) ** 0.5, rel=1e-4)
    (found,) = compare(run_with(expected, {"lvis/AP": 22.0}))
    assert (found.verdict, found.why) == (OUTSIDE, "+10.0")


def test_a_spread_that_was_measured_elsewhere_gives_the_tolerance():
    expected = {"mIoU": {"value": 50.0, "spread": (2.0, 3)}}
    (found,) = compare(run_with(expected, {"mIoU": 50.0}))
    assert found.tolerance == pytest.approx(4.3027 * 2 * 2**0.5, rel=1e-4)


@pytest.mark.parametrize(
    ("numbers", "why"),
    [
        ({"images": 150, "iterations": 250}, ""),
        ({"images": 151}, "counts 150 samples, not 151"),
        ({"iterations": 1_000}, "after 250 iterations, not 1,000"),
        ({"images": 1, "iterations": 1}, "counts 150 samples, not 1; after 250 iterations, not 1"),
    ],
)
def test_number_of_images_and_iterations_are_compared(numbers: dict[str, int], why: str):
    expected = {"mIoU": {"value": 50.0, "tolerance": 0.0, **numbers}}
    (found,) = compare(run_with(expected, {"mIoU": 50.0}))
    assert (found.verdict, found.why) == (OUTSIDE if why else WITHIN, why)


def test_an_unknown_number_of_images_is_not_the_expected_one():
    expected = {"mIoU": {"value": 50.0, "tolerance": 0.0, "images": 80}}
    (found,) = compare(run_with(expected, {"mIoU": 50.0}, images=None))
    assert (found.verdict, found.why) == (OUTSIDE, "counts an unknown number of samples, not 80")


@pytest.mark.parametrize(
    ("scores", "why"),
    [
        (None, "the run has not been evaluated"),
        ({"aAcc": 1.0}, "not among the run's scores"),
        ({"lvis/APr": -1.0}, "nothing to measure"),
    ],
)
def test_a_missing_score_is_shown_as_missing(scores: dict[str, float] | None, why: str):
    (found,) = compare(run_with({"lvis/APr": {"value": 5.0, "tolerance": 1.0}}, scores))
    assert (found.verdict, found.value, found.why) == (MISSING, None, why)
    assert str(found) == f"missing  r: lvis/APr -, expected 5.0 ± 1.0: {why}"


def test_a_line_says_what_was_measured_and_counted():
    (found,) = compare(run_with({"mIoU": {"value": 50.0, "tolerance": 1.0}}, {"mIoU": 50.4}))
    assert str(found) == "within   r: mIoU 50.4, expected 50.0 ± 1.0 (150 samples)"


def test_a_misspelt_score_is_an_error_that_names_the_run():
    run = run_with({"lvis/APP": {"value": 5.0, "tolerance": 1.0}}, {"lvis/AP": 5.0})
    with pytest.raises(ValueError, match=r"^r: expected names lvis/APP, .* is lvis/AP meant\?"):
        compare_all([run])


def test_a_missing_score_that_resembles_an_expected_one_is_missing():
    entry = {"value": 5.0, "tolerance": 1.0}
    run = run_with({"lvis/AP": entry, "lvis/APr": entry}, {"lvis/AP": 5.0})
    assert [found.verdict for found in compare(run)] == [WITHIN, MISSING]


def test_the_page_has_a_table_and_names_what_is_malformed(tmp_path: Path):
    good = "default_scope = 'mmseg'\nexpected = dict(mIoU=dict(value=50.0, tolerance=1.0))\n"
    write_run(tmp_path / "good", good, {"mIoU": 60.0})
    write_run(tmp_path / "bad", good.replace("tolerance", "tolerancee"), {"mIoU": 60.0})
    found = sections(tmp_path)["expected"]
    (table,) = found["tables"]
    assert table["rows"] == [
        ["good", "mIoU", "60.0", "50.0 ± 1.0", "an unknown number of samples", "outside", "+10.0"]
    ]
    assert "bad: expected['mIoU'] has the key tolerancee: is tolerance meant?" in found["text"][0]
