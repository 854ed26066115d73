"""What a user sees of a run is in its log file; faults of the code keep their traceback."""

import logging
from pathlib import Path

import pytest
from mmengine.logging import MMLogger, print_log

from iclip.engine.run_log import EarlyMessages, PrintableMessages, log_errors
from tests.support.tiny_run.config import (
    tiny_config,
    with_hooks,
)
from tests.support.train_process import finish, finish_on_two_ranks, output


def log_file(folder: Path) -> str:
    """The text of the only log file of the run in ``folder``."""
    (file,) = (folder / "run").glob("*/*.log")
    return file.read_text()


@pytest.fixture
def run_log(tmp_path: Path) -> Path:
    """The log file of a logger that a runner has just made."""
    path = tmp_path / "run.log"
    MMLogger.get_instance(f"run {tmp_path}", log_file=str(path), file_mode="a")
    return path


def test_messages_before_the_log_file_are_written_into_it(tmp_path: Path) -> None:
    MMLogger.get_instance(f"before {tmp_path}")
    early = EarlyMessages()
    print_log("a setting is new", logger="current")
    print_log("3 images are left out", logger="current", level=logging.WARNING)
    path = tmp_path / "run.log"
    MMLogger.get_instance(f"run {tmp_path}", log_file=str(path))
    early.write()
    lines = path.read_text().splitlines()
    assert lines[1:] == ["INFO - a setting is new", "WARNING - 3 images are left out"]


def test_error_is_written_with_its_traceback_and_goes_on(run_log: Path) -> None:
    with pytest.raises(ValueError, match="shapes"), log_errors():
        raise ValueError("shapes do not fit")
    text = run_log.read_text()
    assert "ERROR - rank 0 ends with\nTraceback (most recent call last):\n" in text
    assert text.endswith("ValueError: shapes do not fit\n\n")


def test_error_of_another_rank_is_written(run_log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("WORLD_SIZE", "4")
    with pytest.raises(ValueError), log_errors():
        raise ValueError("shapes do not fit")
    assert "rank 3 ends with" in run_log.read_text()


def test_log_that_cannot_be_written_does_not_hide_the_error(run_log: Path) -> None:
    run_log.unlink()
    run_log.mkdir()
    with pytest.raises(ValueError, match="shapes"), log_errors():
        raise ValueError("shapes do not fit")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("ValueError", "ValueError: shapes do not fit"),
        ("FileNotFoundError", "No such file or directory: 'absent.txt'"),
    ],
)
def test_fault_within_the_loop_keeps_its_traceback(
    fault: str, expected: str, tmp_path: Path
) -> None:
    hook = dict(type="FailAfter", iteration=5, fault=fault)
    assert finish(with_hooks(tiny_config(tmp_path), hook), tmp_path) == 1
    for text in (output(tmp_path), log_file(tmp_path)):
        assert "Traceback (most recent call last)" in text
        assert "in after_train_iter" in text
        assert expected in text


def test_message_for_the_user_is_in_the_log_with_its_traceback(tmp_path: Path) -> None:
    cfg = tiny_config(tmp_path, model__not_finite_from=1)
    assert finish(cfg, tmp_path, "--cfg-options", "train_cfg.val_begin=2") == 2
    expected = "Training stops at iteration 7 of 12: loss_con is nan, after 5 steps in a row"
    assert "Traceback" not in output(tmp_path)
    assert f"ERROR: {expected}" in output(tmp_path)
    text = log_file(tmp_path)
    assert f"ValueError: {expected}" in text
    assert "Traceback" in text
    assert "--cfg-options train_cfg.val_begin is new" in text


def test_fault_on_one_rank_is_in_the_log_and_ends_all(tmp_path: Path) -> None:
    hook = dict(type="FailAfter", iteration=2, fault="ValueError", rank=1)
    cfg = with_hooks(tiny_config(tmp_path), hook)
    assert finish_on_two_ranks(cfg, tmp_path) == [1, 1], output(tmp_path)
    assert "rank 1 ends with\nTraceback" in log_file(tmp_path)
    assert "ValueError: shapes do not fit" in log_file(tmp_path)


def test_names_in_messages_and_errors_command_no_terminal(tmp_path: Path, run_log: Path) -> None:
    MMLogger.get_current_instance().addFilter(PrintableMessages())
    print_log("\x1b[2Jred.jpg %s", logger="current")
    MMLogger.get_current_instance().info("100 %% of %s", "\x07.jpg")
    with pytest.raises(ValueError, match="bad"), log_errors():
        raise ValueError("bad \x1b]0;name")
    shown = run_log.read_text()
    assert r"\x1b[2Jred.jpg %s" in shown and r"100 % of \x07.jpg" in shown
    assert r"bad \x1b]0;name" in shown
    assert not {"\x1b", "\x07"} & set(shown)
