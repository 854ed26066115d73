"""Pruning keeps the newest, the milestones, and the last checkpoint known to be good."""

import os
from pathlib import Path

import pytest
import torch

from iclip.engine.saving.retention import Milestones, removable


def write(folder: Path, *numbers: int, finite: bool = True) -> None:
    for number in numbers:
        file = folder / f"iter_{number}.pth"
        torch.save({"state_dict": {}, "meta": {"finite": finite}}, file)
        # The order of writing, without waiting for the clock.

        os.utime(file, (number, number))


def names(files: list[Path]) -> list[str]:
    return [file.name for file in files]


def test_newest_are_kept(tmp_path: Path):
    write(tmp_path, 1, 2, 3, 4)
    assert names(removable(tmp_path, 3, None, newest_is_good=True)) == ["iter_1.pth"]


def test_what_an_interrupted_pruning_left_is_removed_by_the_next(tmp_path: Path):
    write(tmp_path, 1, 2, 3, 4, 5)
    removable(tmp_path, 2, None, newest_is_good=True)[0].unlink()
    left = removable(tmp_path, 2, None, newest_is_good=True)
    assert names(left) == ["iter_2.pth", "iter_3.pth"]


def test_milestones_are_kept(tmp_path: Path):
    write(tmp_path, *range(10, 101, 10))
    old = removable(tmp_path, 2, Milestones(30, 10), newest_is_good=True)
    assert names(old) == ["iter_10.pth", "iter_20.pth", "iter_40.pth", "iter_50.pth",
                          "iter_70.pth", "iter_80.pth"]  # fmt: skip


@pytest.mark.parametrize(
    ("every", "interval", "kept"),
    [(10, 4, [12, 20]), (4, 4, [4, 8, 12, 16, 20]), (3, 4, [4, 8, 12, 16, 20]), (100, 4, [])],
)
def test_milestone_is_the_first_checkpoint_from_a_multiple_on(
    every: int, interval: int, kept: list[int]
):
    # In words: a multiple of `every` lies after the checkpoint before, up to this one.
    multiples = range(every, 25, every)
    spelled = [
        number
        for number in range(interval, 21, interval)
        if any(number - interval < multiple <= number for multiple in multiples)
    ]
    numbers = range(interval, 21, interval)
    assert [n for n in numbers if Milestones(every, interval).include(n)] == spelled == kept


def test_last_finite_one_is_kept_where_newer_ones_are_not(tmp_path: Path):
    write(tmp_path, 1, 2)
    write(tmp_path, 3, 4, 5, finite=False)
    old = removable(tmp_path, 2, None, newest_is_good=False)
    assert names(old) == ["iter_1.pth", "iter_3.pth"]


def test_last_whole_one_is_kept_where_newer_ones_are_damaged(tmp_path: Path):

    write(tmp_path, 1, 2, 3, 4)
    for number in (3, 4):
        file = tmp_path / f"iter_{number}.pth"
        file.write_bytes(file.read_bytes()[:-30])
        os.utime(file, (number, number))
    assert names(removable(tmp_path, 1, None, newest_is_good=False)) == ["iter_1.pth", "iter_3.pth"]


def test_best_weights_and_folders_are_left_alone(tmp_path: Path):
    write(tmp_path, 2, 3)
    (tmp_path / "iter_1.pth").mkdir()
    (tmp_path / "best_top1_iter_1.pth").touch()
    assert names(removable(tmp_path, 1, None, newest_is_good=True)) == ["iter_2.pth"]
