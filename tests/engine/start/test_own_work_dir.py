import os
from functools import partial
from pathlib import Path

import pytest

from iclip.distributed import barrier
from iclip.engine.start.own_work_dir import own_work_dir
from iclip.files.lock_owner import read_owner
from iclip.files.one_owner import IN_USE, one_owner
from tests.support.ranks import call_on_ranks


def owners_seen(folder: Path) -> list[object]:
    """What a rank sees of its run's folder, free and in use."""
    with own_work_dir(folder / "free"):
        owner = read_owner(folder / "free" / IN_USE)
        barrier()  # rank 0 stays until rank 1 has looked
    try:
        with own_work_dir(folder / "in_use"):
            return ["not refused"]
    except ValueError as error:
        return [os.getpid(), owner and owner.pid, str(error)]


def test_ranks_of_a_run_are_one_owner_and_are_refused_together(tmp_path: Path) -> None:
    seen = partial(owners_seen, tmp_path)
    with one_owner(tmp_path / "in_use", "--work-dir"):
        (first, owner, refused), (_, same, told) = call_on_ranks(2, tmp_path, seen)
    assert owner == same == first
    assert f"in_use is in use by process {os.getpid()} on " in refused
    assert told == f"rank 0 has stopped: {refused}"
    assert not list((tmp_path / "free").iterdir())


def test_folder_is_free_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(SystemExit), own_work_dir(tmp_path):
        raise SystemExit(75)
    assert not list(tmp_path.iterdir())
