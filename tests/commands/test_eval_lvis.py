"""What tools/eval_lvis.py prints."""

import json
from pathlib import Path

import pytest

from iclip.commands import eval_lvis
from iclip.commands.command_line import main
from iclip.evaluation.lvis_ap import evaluate_file
from tests.evaluation.lvis_world import write_world


def test_json_holds_the_scores(tmp_path: Path, capsys: pytest.CaptureFixture):
    annotations, results = write_world(tmp_path)
    line = ["--ann", str(annotations), "--results", str(results), "--json"]
    assert main(eval_lvis, line) == 0
    expected = evaluate_file(annotations, results)
    assert json.loads(capsys.readouterr().out) == pytest.approx(expected)


def test_each_score_has_a_line(tmp_path: Path, capsys: pytest.CaptureFixture):
    annotations, results = write_world(tmp_path)
    assert main(eval_lvis, ["--ann", str(annotations), "--results", str(results)]) == 0
    lines = dict(line.split() for line in capsys.readouterr().out.splitlines())
    expected = evaluate_file(annotations, results)
    assert {name: float(value) for name, value in lines.items()} == pytest.approx(
        expected, abs=0.006
    )


def test_absent_file_of_results_is_one_message(tmp_path: Path, capsys: pytest.CaptureFixture):
    annotations, _ = write_world(tmp_path)
    assert main(eval_lvis, ["--ann", str(annotations), "--results", "absent.json"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("\nERROR: there is no file of results absent.json\n")
