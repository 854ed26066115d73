import time
from pathlib import Path

import pytest

from iclip.engine.start.resume_point import RESUME_LATEST, find_resume_point


def test_new_run_starts_at_the_beginning(tmp_path: Path):
    assert find_resume_point(tmp_path / "run", None) is None
    assert find_resume_point(tmp_path / "run", RESUME_LATEST) is None


def test_latest_is_resumed(tmp_path: Path):
    (tmp_path / "iter_9.pth").touch()
    (tmp_path / "latest.pth").symlink_to("iter_9.pth")
    assert find_resume_point(tmp_path, RESUME_LATEST) == tmp_path / "latest.pth"


def test_named_checkpoint_is_resumed(tmp_path: Path):
    assert find_resume_point(tmp_path, "other/iter_3.pth") == Path("other/iter_3.pth")


def test_checkpoint_without_its_fixed_name_is_found(tmp_path: Path):
    for name in ("iter_12.pth", "iter_8.pth"):
        (tmp_path / name).touch()
        time.sleep(0.01)
    (tmp_path / "latest.pth").symlink_to("gone.pth")
    assert find_resume_point(tmp_path, RESUME_LATEST) == tmp_path / "iter_8.pth"


def test_another_run_is_not_overwritten(tmp_path: Path):
    (tmp_path / "iter_9.pth").touch()
    (tmp_path / "latest.pth").symlink_to("iter_9.pth")
    said = r"already holds a run \(iter_9\.pth\)\. Add --resume .* another --work-dir"
    with pytest.raises(ValueError, match=said):
        find_resume_point(tmp_path, None)
