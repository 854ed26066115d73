"""A rank that dies, hangs or has other data: the job ends soon, names it, and can go on."""

import json
from pathlib import Path
from typing import Any

from mmengine.config import Config

from iclip.checkpoints import load_checkpoint
from tests.support.tiny_run.config import tiny_config, with_hooks
from tests.support.train_process import output, records, run_two_ranks


def config(folder: Path, *hooks: dict[str, Any], limit: float = 2) -> Config:
    """A run whose ranks may be ``limit`` seconds in a phase of a step."""
    return with_hooks(tiny_config(folder), dict(type="WatchRanks", step_limit=limit), *hooks)


def by_place(folder: Path) -> dict[tuple[int, int], set[str]]:
    """What was recorded of each iteration on each rank, whenever it ran."""
    found: dict[tuple[int, int], set[str]] = {}
    for record in records(folder):
        place = (record["iteration"], record["rank"])
        found.setdefault(place, set()).add(json.dumps(record))
    return found


def test_run_whose_rank_was_killed_names_it_and_restarts_bit_for_bit(tmp_path: Path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    assert run_two_ranks(config(whole), whole) == [[0, 0]], output(whole)
    kill = dict(type="KillAfter", iteration=9, rank=1, restarts=0)
    # The data workers of the killed process hold its connections until they miss it, 5 seconds.
    codes = run_two_ranks(config(broken, kill, limit=30), broken, max_restarts=1)
    assert codes == [[1, -9], [0, 0]], output(broken)
    log = min(broken.glob("run/*/*.log"))
    for text in (output(broken), log.read_text()):
        assert "(iteration 11) has lost rank 1 on " in text
        assert "gives no sign of life: it was killed" in text
    assert by_place(broken) == by_place(whole)
    ours, theirs = (load_checkpoint(f / "run" / "latest.pth") for f in (broken, whole))
    assert ours["state_dict"].keys() == theirs["state_dict"].keys()
    for name, weight in theirs["state_dict"].items():
        assert (ours["state_dict"][name] == weight).all()


def test_rank_that_hangs_in_its_data_is_named_with_the_read_that_hangs(tmp_path: Path):
    cfg = config(tmp_path)
    cfg.train_dataloader.dataset.hangs_on = 1
    assert run_two_ranks(cfg, tmp_path) == [[1, 124]], output(tmp_path)
    text = output(tmp_path)
    for expected in (
        "rank 1 has been in loading data (iteration 4) for more than 2 s, and ends",
        "in __getitem__",  # where the data worker is
        "which has ended: it was in loading data (iteration 4) for more than 2 s",
    ):
        assert expected in text, text
    assert list(tmp_path.glob("run/*/stacks_of_rank_1.txt"))


def test_rank_that_was_stopped_is_named_by_the_one_that_waits(tmp_path: Path):
    cfg = config(tmp_path, dict(type="FreezeAfter", iteration=5, rank=1))
    assert run_two_ranks(cfg, tmp_path, patience=0) == [[124, -9]], output(tmp_path)
    assert "gives no sign of life; rank 0 has been in " in output(tmp_path)


def test_rank_with_fewer_samples_is_refused_by_all(tmp_path: Path):
    cfg = config(tmp_path)
    cfg.train_dataloader.dataset.smaller_on = 1
    assert run_two_ranks(cfg, tmp_path) == [[2, 2]], output(tmp_path)
    expected = "the number of samples of train_dataloader is 1000 on rank 0, but 998 on rank 1 on"
    assert output(tmp_path).count(expected) >= 2
