"""The newest good checkpoint of a folder is told by its time, its checksums and its ``meta``."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from iclip.engine.saving.checkpoint_files import (
    ChosenCheckpoint,
    checkpoints_by_age,
    choose_checkpoint,
    last_good_checkpoint,
    latest_checkpoint,
)


def write(folder: Path, *names: str, **meta: Any) -> None:
    """Write checkpoints, one after the other."""
    for name in names:
        torch.save({"state_dict": {"a": torch.ones(9)}, "meta": meta}, folder / name)
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
    assert last_good_checkpoint(tmp_path) == tmp_path / "latest.pth"


def test_newest_file_is_the_latest_checkpoint_where_the_fixed_name_leads_nowhere(tmp_path: Path):
    write(tmp_path, "iter_12.pth", "iter_8.pth")
    (tmp_path / "latest.pth").symlink_to("gone.pth")
    assert latest_checkpoint(tmp_path) == tmp_path / "iter_8.pth"
    missing = "latest.pth -> gone.pth (the file that it names is missing)"
    assert choose_checkpoint(tmp_path) == ChosenCheckpoint(tmp_path / "iter_8.pth", (missing,))


def test_empty_folder_has_no_checkpoint(tmp_path: Path):
    assert latest_checkpoint(tmp_path) is None
    assert choose_checkpoint(tmp_path) == ChosenCheckpoint(None)


def test_last_good_checkpoint_is_finite(tmp_path: Path):
    write(tmp_path, "iter_1.pth", "iter_2.pth", finite=True)
    write(tmp_path, "iter_3.pth", "iter_4.pth", finite=False)
    assert last_good_checkpoint(tmp_path) == tmp_path / "iter_2.pth"


def test_checkpoint_of_an_earlier_version_counts_as_finite(tmp_path: Path):
    write(tmp_path, "iter_1.pth")
    assert last_good_checkpoint(tmp_path) == tmp_path / "iter_1.pth"


def flip_a_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[content.index(torch.ones(9).numpy().tobytes()) + 7] ^= 1
    file.write_bytes(content)


def become_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def lead_to_nothing(file: Path) -> None:
    file.unlink()
    file.symlink_to("gone")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (flip_a_byte, r"iter_2.pth (the checksum of iter_2/data/0 is wrong)"),
        (become_a_folder, "iter_2.pth (it is a folder)"),
        (lead_to_nothing, "iter_2.pth -> gone (the file that it names is missing)"),
        (lambda file: file.write_bytes(b""), "iter_2.pth (it is empty)"),
        (lambda file: os.truncate(file, 500), "iter_2.pth (its end is missing)"),
    ],
)
def test_damaged_newest_is_passed_over(change: Any, told: str, tmp_path: Path):
    write(tmp_path, "iter_1.pth", "iter_2.pth")
    change(tmp_path / "iter_2.pth")
    # What was changed is the newest in any case.
    os.utime(tmp_path / "iter_1.pth", (1, 1))
    assert choose_checkpoint(tmp_path) == ChosenCheckpoint(tmp_path / "iter_1.pth", (told,))
