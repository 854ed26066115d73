"""Runs are told apart by path, and found once."""

import json
from pathlib import Path

import pytest

from iclip.report.run_folders import find_runs
from tests.support.run_folder import pretraining, write_run, write_test


def names(*folders: Path) -> list[str]:
    return sorted(run.name for run in find_runs(folders))


def test_equal_folder_names_are_told_apart_by_their_paths(tmp_path: Path):
    for place in ("old/lvis", "new/lvis"):
        write_run(tmp_path / place, pretraining(), {"a": 1.0})
    assert names(tmp_path / "old/lvis", tmp_path / "new/lvis") == ["new/lvis", "old/lvis"]


def test_one_folder_gives_names_below_it(tmp_path: Path):
    for place in ("runs/a", "runs/b/c"):
        write_run(tmp_path / place, pretraining(), {"a": 1.0})
    assert names(tmp_path / "runs") == ["a", "b/c"]


def test_a_run_that_is_named_has_its_folders_name(tmp_path: Path):
    write_run(tmp_path / "runs/a", pretraining(), {"a": 1.0})
    assert names(tmp_path / "runs/a") == ["a"]


def test_a_run_below_one_of_its_own_name_is_told_apart(tmp_path: Path):
    write_run(tmp_path / "a", pretraining(), {"a": 1.0})
    write_run(tmp_path / "a/a", pretraining(), {"a": 1.0})
    assert len(set(names(tmp_path / "a"))) == 2


def test_a_link_to_a_folder_above_gives_no_run_another_name(tmp_path: Path):
    write_run(tmp_path / "runs/b", pretraining(), {"a": 1.0})
    (tmp_path / "runs/a loop").symlink_to(tmp_path / "runs")
    (tmp_path / "runs/gone").symlink_to(tmp_path / "nowhere")
    assert names(tmp_path / "runs") == ["b"]


def test_a_run_named_twice_is_read_once(tmp_path: Path):
    write_run(tmp_path / "runs/a", pretraining(), {"a": 1.0})
    (tmp_path / "link").symlink_to(tmp_path / "runs/a")
    found = find_runs([tmp_path / "runs", tmp_path / "runs/a", tmp_path / "link"])
    assert len(found) == 1


def write_tested(tmp_path: Path) -> None:
    """A run, and the work dir of a test of its checkpoint."""
    write_run(tmp_path / "run", pretraining(), {"a": 1.0})
    (tmp_path / "run/provenance.json").write_text(json.dumps([{"started": "x"}]))
    write_test(tmp_path / "run", {"a": 2.0})
    write_run(tmp_path / "run_test", pretraining())
    (tmp_path / "run_test/test_results.json").write_text(
        (tmp_path / "run/test_results.json").read_text()
    )


def test_the_work_dir_of_a_test_is_not_a_run_beside_its_run(tmp_path: Path):
    write_tested(tmp_path)
    (run,) = find_runs([tmp_path])
    assert (run.name, run.metrics) == ("run", {"a": 2.0})


def test_the_work_dir_of_a_test_alone_is_shown(tmp_path: Path):
    write_tested(tmp_path)
    (run,) = find_runs([tmp_path / "run_test"])
    assert run.metrics == {"a": 2.0}


def test_folder_without_a_run_is_named(tmp_path: Path):
    (tmp_path / "note.txt").write_text("nothing")
    with pytest.raises(ValueError, match=r"holds no run: neither a log .* nor metrics\.json"):
        find_runs([tmp_path])


def test_absent_folder_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="absent is not a folder; name a run's work dir"):
        find_runs([tmp_path / "absent"])
