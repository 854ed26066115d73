"""A run starts at a checkpoint or at the beginning, and overwrites no other run."""

from pathlib import Path

import pytest

from iclip.engine.start.resume_point import RESUME_LATEST, find_resume_point


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
