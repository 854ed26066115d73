"""After a return to a checkpoint, a run equals one that never saw the samples left out."""

from pathlib import Path
from typing import Any

import pytest

from iclip.checkpoints import load_checkpoint
from iclip.engine.step_flags import ROLLBACKS, SKIPPED_STEPS
from tests.support.faulty_model import plain
from tests.support.tiny_run.config import tiny_config, with_hooks
from tests.support.train_process import finish, finish_on_two_ranks, output, records

# Of each source, a step of one process takes 4 samples. The seventh step has this one, and what was
# the tenth has the other.
WHITE = (26, 37)


def rollback_config(folder: Path, **data: Any) -> Any:
    folder.mkdir(exist_ok=True)
    cfg = tiny_config(folder, default_hooks__checkpoint__max_keep_ckpts=-1)
    cfg.train_dataloader.dataset.update(data)
    guards = [hook for hook in cfg.custom_hooks if hook.type == "GuardNumbers"]
    guards[0].on_fault = "rollback"
    return with_hooks(cfg, dict(type="EMAHook", momentum=0.1))


def last_state(folder: Path) -> Any:
    checkpoint = load_checkpoint(folder / "run" / "latest.pth")
    parts = ("state_dict", "optimizer", "ema_state_dict", "param_schedulers")
    return {part: plain(checkpoint[part]) for part in parts}


def final_records(folder: Path) -> list[dict[str, Any]]:
    """What each iteration computed when it was done for the last time, by iteration and rank."""
    last = {(record["iteration"], record["rank"]): record for record in records(folder)}
    return [last[key] for key in sorted(last)]


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on data that do not have the samples of the seventh step, 24 to 27 of each source."""
    folder = tmp_path_factory.mktemp("without")
    assert finish(rollback_config(folder, hole=(24, 28)), folder) == 0, output(folder)
    return folder


def test_run_equals_one_that_never_saw_the_samples(without: Path, tmp_path: Path):
    """It is killed after the return, and resumed: the samples stay left out."""
    cfg = rollback_config(tmp_path, white=WHITE[:1])
    assert finish(with_hooks(cfg, dict(type="KillAfter", iteration=9)), tmp_path) == -9
    assert finish(rollback_config(tmp_path, white=WHITE[:1]), tmp_path, "--resume") == 0
    assert final_records(tmp_path) == final_records(without)
    assert last_state(tmp_path) == last_state(without)
    text = output(tmp_path)
    assert f"Step 7 is left out: loss_con is nan (return 1 of at most 3, to {tmp_path}" in text
    assert "iter_4.pth)" in text
    # The fifth and sixth step were done twice; after the kill, what followed the last checkpoint.
    before, done = [*range(7), *range(4, 10)], [r["iteration"] for r in records(tmp_path)]
    # A thread writes checkpoints: the kill may come before the eighth step's is on the disk.
    assert done in ([*before, *range(8, 12)], [*before, *range(4, 7), *range(4, 12)])
    hub = load_checkpoint(tmp_path / "run" / "latest.pth")["message_hub"]["runtime_info"]
    assert hub["left_out"] == {"labelled": [(24, 4)], "pairs": [(24, 4)]}
    assert (hub[SKIPPED_STEPS], hub[ROLLBACKS]) == (1, 1)
    assert hub["samples_consumed"] == {"labelled": 48, "pairs": 48}


def test_several_steps_are_left_out(tmp_path: Path):
    """The first one, before there is a checkpoint, is skipped."""
    cfg = rollback_config(tmp_path, white=(6, *WHITE))
    assert finish(cfg, tmp_path) == 0, output(tmp_path)
    assert "Step 2 is left out: loss_con is nan (1 in a row, of at most 5)" in output(tmp_path)
    hub = load_checkpoint(tmp_path / "run" / "latest.pth")["message_hub"]["runtime_info"]
    assert hub["left_out"] == {name: [(24, 4), (36, 4)] for name in ("labelled", "pairs")}
    assert (hub[SKIPPED_STEPS], hub[ROLLBACKS]) == (3, 2)


def test_all_ranks_return(tmp_path: Path):
    """Rank 1 alone meets the white image, in the fifth step of two ranks."""
    cfg = rollback_config(tmp_path / "with", white=(37,))
    assert finish_on_two_ranks(cfg, tmp_path / "with") == [0, 0], output(tmp_path / "with")
    cfg = rollback_config(tmp_path / "without", hole=(32, 40))
    assert finish_on_two_ranks(cfg, tmp_path / "without") == [0, 0], output(tmp_path / "without")
    ours, theirs = (final_records(tmp_path / name) for name in ("with", "without"))
    assert len(ours) == 24
    assert ours == theirs
    assert last_state(tmp_path / "with") == last_state(tmp_path / "without")
