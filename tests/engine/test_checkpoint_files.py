"""The newest checkpoint of a folder is told by the time it was written."""

import time
from pathlib import Path

from iclip.engine.checkpoint_files import checkpoints_by_age, latest_checkpoint


def write(folder: Path, *names: str) -> None:
    """Write empty files, one after the other."""
    for name in names:
        (folder / name).touch()
        time.sleep(0.01)


def test_age_counts_and_not_the_number(tmp_path: Path):
    write(tmp_path, "iter_100.pth", "iter_20.pth", "best_a_iter_7.pth", "latest.pth", "iter_3.pth")
    names = [path.name for path in checkpoints_by_age(tmp_path)]
    assert names == ["iter_100.pth", "iter_20.pth", "iter_3.pth"]


def test_checkpoints_of_epochs_count(tmp_path: Path):
    write(tmp_path, "epoch_2.pth")
    assert checkpoints_by_age(tmp_path) == [tmp_path / "epoch_2.pth"]


def test_fixed_name_is_the_latest_checkpoint(tmp_path: Path):
    write(tmp_path, "iter_9.pth")
    (tmp_path / "latest.pth").symlink_to("iter_9.pth")
    assert latest_checkpoint(tmp_path) == tmp_path / "latest.pth"


def test_newest_file_is_the_latest_checkpoint_where_the_fixed_name_leads_nowhere(tmp_path: Path):
    write(tmp_path, "iter_12.pth", "iter_8.pth")
    (tmp_path / "latest.pth").symlink_to("gone.pth")
    assert latest_checkpoint(tmp_path) == tmp_path / "iter_8.pth"


def test_empty_folder_has_no_latest_checkpoint(tmp_path: Path):
    assert latest_checkpoint(tmp_path) is None
