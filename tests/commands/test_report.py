"""tools/report.py writes all of its files, or none."""

import json
import os
from pathlib import Path

import pytest

from iclip.commands import report as command
from iclip.commands.command_line import main
from tests.support.run_folder import DETECTION, pretraining, row, write_run


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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--out", "r.html", "--json", "r.html"), "--json and --out are both"),
        (("--json", "run/metrics.json"), "is a result of a run; choose another name"),
    ],
)
def test_a_file_that_is_taken_is_not_written_over(
    options: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
):  # fmt: skip
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "run", pretraining(), {"a": 1.0})
    before = (tmp_path / "run/metrics.json").read_bytes()
    assert main(command, ["run", *options]) == 2
    assert message in capsys.readouterr().err
    assert (tmp_path / "run/metrics.json").read_bytes() == before
    assert not list(tmp_path.glob("*.html"))


@pytest.mark.parametrize(
    ("called_as", "named"), [(None, "tools/test.py"), ("iclip report", "iclip test")]
)
def test_page_names_commands_as_the_user_calls_them(
    called_as: str | None, named: str, tmp_path: Path
):
    write_run(tmp_path / "run", DETECTION, {"coco/bbox_mAP": 0.5})
    page = tmp_path / "r.md"
    options = [str(tmp_path / "run"), "--markdown", str(page), "--out", str(tmp_path / "r.html")]
    assert main(command, options, called_as) == 0
    assert f"A test by {named} comes before" in page.read_text()


def test_folder_whose_name_is_not_utf_8_is_shown(tmp_path: Path):
    write_run(tmp_path / os.fsdecode(b"run\xff"), pretraining(data="toy/"), {"seen/top1": 50.0})
    files = [tmp_path / f"r.{suffix}" for suffix in ("html", "json", "md")]
    options = ["--out", str(files[0]), "--json", str(files[1]), "--markdown", str(files[2])]
    assert main(command, [str(tmp_path), *options]) == 0
    assert all(r"run\udcff" in file.read_text() for file in files)


CHECKED = """
default_scope = 'mmseg'
model = dict(backbone=dict(checkpoint=None))
expected = dict(mIoU=dict(value=50.0, tolerance=1.0))
"""


def check(*folders: Path) -> int:
    return main(command, [*map(str, folders), "--check"])


@pytest.mark.parametrize(
    ("metrics", "code", "line"),
    [
        ({"mIoU": 50.9}, 0, "within   run: mIoU 50.9, expected 50.0 ± 1.0"),
        ({"mIoU": 51.1}, 1, "outside  run: mIoU 51.1, expected 50.0 ± 1.0"),
        ({}, 1, "missing  run: mIoU -, expected 50.0 ± 1.0"),
        (None, 1, "missing  run: mIoU -, expected 50.0 ± 1.0"),
    ],
)
def test_check_prints_a_line_per_score_and_tells_by_its_code(
    metrics: dict[str, float] | None,
    code: int,
    line: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "run", CHECKED, metrics)
    assert check(tmp_path / "run") == code
    told = capsys.readouterr()
    assert told.out.startswith(line)
    assert f"{1 - code} of 1 score as expected" in told.out + told.err
    assert not (tmp_path / "report.html").exists()


def test_check_names_the_runs_that_expect_nothing(tmp_path: Path, capsys: pytest.CaptureFixture):
    write_run(tmp_path / "a", CHECKED, {"mIoU": 50.0})
    write_run(tmp_path / "b", CHECKED.replace("dict(mIoU", "None # "), {"mIoU": 1.0})
    assert check(tmp_path) == 0
    assert "without expected scores: b" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("expected =", "exppected =", "run: the config has exppected, which nothing reads"),
        ("tolerance", "tolerancee", "run: expected['mIoU'] has the key tolerancee: is tolerance"),
        ("mIoU=", "mIuo=", "run: expected names mIuo, which is not a score; is mIoU meant?"),
        ("expected = ", "other = ", "no config of 1 run expects scores: nothing to compare"),
    ],
)
def test_a_fault_of_the_config_is_a_users_error(
    old: str, new: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture
):
    write_run(tmp_path / "run", CHECKED.replace(old, new), {"mIoU": 50.0})
    assert check(tmp_path / "run") == 2
    assert words in capsys.readouterr().err


def test_check_also_writes_what_is_asked_for(tmp_path: Path):
    write_run(tmp_path / "run", CHECKED, {"mIoU": 99.0})
    file = tmp_path / "r.json"
    assert main(command, [str(tmp_path / "run"), "--check", "--json", str(file)]) == 1
    assert json.loads(file.read_text())["expected"][0]["verdict"] == "outside"
