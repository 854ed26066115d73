"""A run starts at a good checkpoint or at the beginning, and overwrites no other run."""

import logging
import time
from pathlib import Path

import pytest
import torch

from iclip.engine.start import resume_point
from iclip.engine.start.resume_point import (
    RESUME_LATEST,
    Start,
    find_resume_point,
    find_start,
)


def save(file: Path, finite: bool = True, link: bool = False) -> Path:
    """Write a checkpoint, and let ``latest.pth`` name it."""
    torch.save({"state_dict": {}, "meta": {"seed": 3, "finite": finite}}, file)
    time.sleep(0.01)  # the newest is told by its time
    if link:
        latest = file.parent / "latest.pth"
        latest.unlink(missing_ok=True)
        latest.symlink_to(file.name)
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run's folder with the checkpoints of iterations 4 and 8."""
    save(tmp_path / "iter_4.pth")
    save(tmp_path / "iter_8.pth", link=True)
    return tmp_path


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:200])


@pytest.mark.parametrize("resume", [None, RESUME_LATEST])
def test_run_without_checkpoints_starts_at_the_beginning(resume: str | None, tmp_path: Path):
    assert find_resume_point(tmp_path / "run", resume) is None


def test_latest_is_resumed(folder: Path):
    assert find_resume_point(folder, RESUME_LATEST) == folder / "latest.pth"


def test_named_checkpoint_is_resumed(folder: Path, tmp_path: Path):
    assert find_resume_point(tmp_path / "new", f"{folder}/iter_4.pth") == folder / "iter_4.pth"


def test_another_run_is_not_overwritten(folder: Path):
    expected = r"already holds a run \(iter_8\.pth\)\. Add --resume .* another --work-dir"
    with pytest.raises(ValueError, match=expected):
        find_resume_point(folder, None)


@pytest.mark.parametrize("resume", [None, RESUME_LATEST, "other/iter_3.pth"])
def test_restarted_run_continues_its_own_checkpoint(resume: str | None, tmp_path: Path):
    save(tmp_path / "iter_9.pth")
    assert find_resume_point(tmp_path, resume, restarted=True) == tmp_path / "iter_9.pth"


def test_run_restarted_before_its_first_checkpoint_starts_where_it_did(
    folder: Path, tmp_path: Path
):
    new = tmp_path / "new"
    named = f"{folder}/iter_4.pth"
    assert find_resume_point(new, None, restarted=True) is None
    assert find_resume_point(new, named, restarted=True) == Path(named)


def test_start_states_the_seed_of_its_checkpoint(folder: Path):
    assert find_start(folder, RESUME_LATEST) == Start(folder / "latest.pth", 3)
    assert find_start(folder / "absent", RESUME_LATEST) is None


@pytest.mark.parametrize("restarted", [False, True])
def test_damaged_newest_falls_back_and_names_both(
    restarted: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    logged = []
    monkeypatch.setattr(resume_point, "print_log", lambda text, **how: logged.append((text, how)))
    cut(folder / "iter_8.pth")
    assert find_resume_point(folder, RESUME_LATEST, restarted) == folder / "iter_4.pth"
    ((text, how),) = logged
    assert how["level"] == logging.WARNING
    assert "latest.pth -> iter_8.pth (its end is missing)" in text
    assert "goes on from iter_4.pth, the newest good checkpoint" in text


def test_weights_that_are_not_finite_are_passed_over(folder: Path):
    save(folder / "iter_12.pth", finite=False, link=True)
    assert find_resume_point(folder, RESUME_LATEST) == folder / "iter_8.pth"


def test_run_without_a_good_checkpoint_does_not_start_over(folder: Path):
    for name in ("iter_4.pth", "iter_8.pth"):
        cut(folder / name)
    with pytest.raises(ValueError) as error:
        find_resume_point(folder, RESUME_LATEST)
    message = str(error.value)
    assert message.startswith(f"no checkpoint in {folder} can be continued: latest.pth -> iter_8")
    assert "iter_4.pth (its end is missing)" in message and "--resume PATH" in message


def test_link_to_nothing_does_not_start_over(tmp_path: Path):
    (tmp_path / "latest.pth").symlink_to("iter_12.pth")
    said = r"latest\.pth -> iter_12\.pth \(the file that it names is missing\)"
    with pytest.raises(ValueError, match=said):
        find_resume_point(tmp_path, RESUME_LATEST)


def test_named_checkpoint_is_not_replaced_by_another(folder: Path):
    cut(folder / "iter_8.pth")
    said = rf"--resume {folder}/iter_8\.pth: its end is missing\. Take {folder}/iter_4\.pth$"
    with pytest.raises(ValueError, match=said):
        find_resume_point(folder / "new", f"{folder}/iter_8.pth")


def test_named_folder_is_answered_with_its_newest_good_checkpoint(folder: Path):
    said = rf"--resume {folder}: it is a folder\. Take {folder}/latest\.pth$"
    with pytest.raises(ValueError, match=said):
        find_resume_point(folder / "new", str(folder))


def test_named_checkpoint_beside_no_good_one(tmp_path: Path):
    (tmp_path / "a.pth").write_bytes(b"")
    with pytest.raises(ValueError, match=r"a\.pth: it is empty\. .* holds no good checkpoint"):
        find_resume_point(tmp_path / "new", f"{tmp_path}/a.pth")


def test_absent_file_is_answered_with_its_neighbors(folder: Path):
    with pytest.raises(FileNotFoundError, match=r"iter_6\.pth does not exist; .*iter_4\.pth"):
        find_resume_point(folder / "new", f"{folder}/iter_6.pth")


def test_a_pushed_model_is_not_gone_on_from(tmp_path: Path):
    (tmp_path / "pushed").mkdir()
    (tmp_path / "pushed/config.json").write_text('{"iclip": {}}')
    for name in ("hf-hub:org/name", str(tmp_path / "pushed")):
        with pytest.raises(ValueError, match=r"holds no optimizer, .* --checkpoint "):
            find_resume_point(tmp_path / "run", name)
