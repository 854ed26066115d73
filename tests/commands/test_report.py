"""tools/report.py writes all of its files, or none."""

import json
import os
from pathlib import Path

import pytest

from iclip.commands import report as command
from iclip.commands.command_line import main
from tests.support.run_folder import pretraining, row, write_run


def test_command_writes_nothing_where_there_is_no_run(
    tmp_path: Path, capsys: pytest.CaptureFixture
):
    assert main(command, [str(tmp_path), "--out", str(tmp_path / "r.html")]) == 2
    assert "holds no run" in capsys.readouterr().err
    assert not (tmp_path / "r.html").exists()


def test_three_forms_are_written(tmp_path: Path, capsys: pytest.CaptureFixture):
    write_run(tmp_path / "run", pretraining(data="toy/"), {"seen/top1": 50.0})
    files = [tmp_path / f"r.{suffix}" for suffix in ("html", "json", "md")]
    options = ["--out", str(files[0]), "--json", str(files[1]), "--markdown", str(files[2])]
    assert main(command, [str(tmp_path / "run"), *options]) == 0
    told = capsys.readouterr().out
    assert all(str(file) in told for file in files)
    assert json.loads(files[1].read_text())["title"] == "iCLIP: runs beside the paper"
    assert row(json.loads(files[1].read_text())["sections"][0]["tables"][0], "run")


def test_folder_whose_name_is_not_utf_8_is_shown(tmp_path: Path):
    write_run(tmp_path / os.fsdecode(b"run\xff"), pretraining(data="toy/"), {"seen/top1": 50.0})
    files = [tmp_path / f"r.{suffix}" for suffix in ("html", "json", "md")]
    options = ["--out", str(files[0]), "--json", str(files[1]), "--markdown", str(files[2])]
    assert main(command, [str(tmp_path), *options]) == 0
    assert all(r"run\udcff" in file.read_text() for file in files)
