"""A run starts at a checkpoint or at the beginning, and overwrites no other run."""

from pathlib import Path

import pytest
import torch

from iclip.engine.start.resume_point import (
    RESUME_LATEST,
    Start,
    find_resume_point,
    find_start,
)


@pytest.mark.parametrize("resume", [None, RESUME_LATEST])
def test_run_without_checkpoints_starts_at_the_beginning(resume: str | None, tmp_path: Path):
    assert find_resume_point(tmp_path / "run", resume) is None


def test_latest_is_resumed(tmp_path: Path):
    (tmp_path / "iter_9.pth").touch()
    (tmp_path / "latest.pth").symlink_to("iter_9.pth")
    assert find_resume_point(tmp_path, RESUME_LATEST) == tmp_path / "latest.pth"


def test_named_checkpoint_is_resumed(tmp_path: Path):
    assert find_resume_point(tmp_path, "other/iter_3.pth") == Path("other/iter_3.pth")


def test_another_run_is_not_overwritten(tmp_path: Path):
    (tmp_path / "iter_9.pth").touch()
    (tmp_path / "latest.pth").symlink_to("iter_9.pth")
    expected = r"already holds a run \(iter_9\.pth\)\. Add --resume .* another --work-dir"
    with pytest.raises(ValueError, match=expected):
        find_resume_point(tmp_path, None)


@pytest.mark.parametrize("resume", [None, RESUME_LATEST, "other/iter_3.pth"])
def test_restarted_run_continues_its_own_checkpoint(resume: str | None, tmp_path: Path):
    (tmp_path / "iter_9.pth").touch()
    assert find_resume_point(tmp_path, resume, restarted=True) == tmp_path / "iter_9.pth"


def test_run_restarted_before_its_first_checkpoint_starts_where_it_did(tmp_path: Path):
    assert find_resume_point(tmp_path, None, restarted=True) is None
    assert find_resume_point(tmp_path, "iter_3.pth", restarted=True) == Path("iter_3.pth")


def test_start_states_the_seed_of_its_checkpoint(tmp_path: Path):
    torch.save({"state_dict": {}, "meta": {"seed": 3}}, tmp_path / "latest.pth")
    assert find_start(tmp_path, RESUME_LATEST) == Start(tmp_path / "latest.pth", 3)
    assert find_start(tmp_path / "absent", RESUME_LATEST) is None
