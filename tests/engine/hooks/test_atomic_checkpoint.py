"""Checkpoints survive kills and full disks, and the newest are kept."""

import math
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim import AdamW

from iclip.checkpoints import load_checkpoint
from iclip.engine.hooks import AtomicCheckpoint
from iclip.engine.saving.checkpoint_files import checkpoints_by_age
from iclip.engine.step_flags import NOT_FINITE_SINCE
from tests.support.fake_runner import fake_runner
from tests.support.tiny_run.config import tiny_config, with_validation
from tests.support.train_process import finish, finish_on_two_ranks, output, records


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of 12 iterations with a checkpoint each 2, of which two are kept."""
    folder = tmp_path_factory.mktemp("finished")
    cfg = tiny_config(folder, default_hooks__checkpoint__interval=2)
    assert finish(cfg, folder) == 0, output(folder)
    return folder / "run"


def test_newest_checkpoints_are_kept_and_latest_names_the_last(finished: Path):
    assert sorted(path.name for path in finished.glob("*.pth")) == [
        "iter_10.pth",
        "iter_12.pth",
        "latest.pth",
    ]
    assert os.readlink(finished / "latest.pth") == "iter_12.pth"
    assert (finished / "last_checkpoint").read_text() == str(finished / "iter_12.pth")


def test_checkpoint_says_what_it_is(finished: Path):
    meta = load_checkpoint(finished / "latest.pth")["meta"]
    assert (meta["iter"], meta["seed"], meta["samples_seen"]) == (12, 0, 12 * 8)
    assert "max_iters=12" in meta["cfg"]
    assert meta["class_texts"][2] == {"id": "n2", "names": ["word2"], "description": ""}


def test_step_s_losses_and_finiteness_are_told(finished: Path):
    meta = load_checkpoint(finished / "latest.pth")["meta"]
    last = records(finished.parent)[-1]
    losses = {name: value for name, value in last.items() if "loss" in name}
    assert {name: value.hex() for name, value in meta["losses"].items()} == losses
    assert meta["finite"] is True


def test_foreground_writes_the_same(finished: Path, tmp_path: Path):
    cfg = tiny_config(tmp_path, default_hooks__checkpoint__interval=2)
    cfg.default_hooks.checkpoint.in_background = False
    assert finish(cfg, tmp_path) == 0, output(tmp_path)
    here, there = (load_checkpoint(f / "latest.pth") for f in (tmp_path / "run", finished))
    assert here.keys() == there.keys()
    for part in ("state_dict", "optimizer"):
        pairs = list(zip(leaves(here[part]), leaves(there[part]), strict=True))
        assert len(pairs) > 5
        assert all(torch.equal(a, b) if isinstance(a, Tensor) else a == b for a, b in pairs)
    assert here["param_schedulers"] == there["param_schedulers"]
    assert here["message_hub"]["runtime_info"].keys() == there["message_hub"]["runtime_info"].keys()


def leaves(part: Any) -> list[Any]:
    values = part.values() if isinstance(part, dict) else part if isinstance(part, list) else None
    return [part] if values is None else [leaf for value in values for leaf in leaves(value)]


def test_rank_that_cannot_write_stops_both(tmp_path: Path):
    cfg = tiny_config(tmp_path, train_cfg__max_iters=40)
    cfg.custom_hooks.append(dict(type="FullDisk", iteration=8))
    assert finish_on_two_ranks(cfg, tmp_path) == [2, 2], output(tmp_path)
    text = output(tmp_path)
    assert "iter_8.pth could not be written: No space left on device" in text
    assert "latest.pth is still iter_4.pth: make room" in text
    assert "rank 0 has stopped: " in text and "Traceback" not in text
    assert not (tmp_path / "run/iter_12.pth").exists()
    last = max(record["iteration"] for record in records(tmp_path) if "iteration" in record)
    assert 8 <= last < 40


def test_full_disk_keeps_the_checkpoint_before(tmp_path: Path):
    # Histories grow from checkpoint to checkpoint: the one of iteration 4 fits, a later does not.
    cfg = tiny_config(tmp_path)
    assert finish(cfg, tmp_path) == 0, output(tmp_path)
    small, large = (p.stat().st_size for p in checkpoints_by_age(tmp_path / "run"))
    again = tmp_path / "again"
    again.mkdir()
    code = finish(tiny_config(again), again, largest_file=(small + large) // 2)
    assert code == 2
    text = output(again)
    expected = f"{again}/run/iter_12.pth could not be written: File too large"
    assert text.count(expected) == 1 and "Traceback" not in text
    assert f"{again}/run/latest.pth is still iter_8.pth: make room and continue" in text
    assert load_checkpoint(again / "run" / "latest.pth")["meta"]["iter"] == 8
    assert not list((again / "run").glob("*.tmp"))


def test_full_disk_at_the_first_checkpoint(tmp_path: Path):
    assert finish(tiny_config(tmp_path), tmp_path, largest_file=16_000) == 2
    assert "No checkpoint was saved before" in output(tmp_path)
    assert not list((tmp_path / "run").glob("*.pth*"))


def test_best_weights_are_kept_under_their_name(tmp_path: Path):
    cfg = with_validation(tiny_config(tmp_path), 4)
    cfg.default_hooks.checkpoint.save_best = "small/mean_score"
    cfg.default_hooks.checkpoint.rule = "less"
    assert finish(cfg, tmp_path) == 0, output(tmp_path)
    (best,) = (tmp_path / "run").glob("best_*.pth")
    assert best.name.startswith("best_small_mean_score_iter_")
    assert "optimizer" not in load_checkpoint(best)
    assert load_checkpoint(tmp_path / "run" / "latest.pth")["meta"]["iter"] == 12


class BestRun:
    """The hook of a run, and what it was told to save."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.runner = fake_runner(epoch=0, work_dir=str(folder))
        self.hook = AtomicCheckpoint(interval=1, save_best="mIoU", **settings)
        self.hook.out_dir, self.hook.folder = str(folder), SimpleNamespace(path=folder)
        self.saved: list[Any] = []
        self.hook._save_checkpoint_with_step = lambda *arguments: self.saved.append(arguments[-1])

    def validate(self, iteration: int, **metrics: float) -> None:
        self.runner.iter = iteration
        self.hook._save_best_checkpoint(self.runner, metrics)


def test_scores_that_are_equal_or_not_finite_are_not_better(tmp_path: Path):
    run = BestRun(tmp_path)
    for iteration, score in enumerate([math.nan, 10.0, 10.0, math.inf, 9.0, 11.0]):
        run.validate(iteration, mIoU=score)
    assert [best.name for best in run.saved] == ["best_mIoU_iter_1.pth", "best_mIoU_iter_5.pth"]
    assert run.saved[1].former == tmp_path / "best_mIoU_iter_1.pth"


def test_score_of_weights_that_are_not_saved_is_not_one_to_be_beaten(tmp_path: Path):
    run = BestRun(tmp_path)
    run.runner.message_hub.update_info(NOT_FINITE_SINCE, 1)
    run.validate(2, mIoU=50.0)
    run.runner.message_hub.pop_info(NOT_FINITE_SINCE)
    run.validate(3, mIoU=40.0)
    assert [best.name for best in run.saved] == ["best_mIoU_iter_3.pth"]


def test_former_best_is_the_one_in_the_folder_as_it_is_called_now(tmp_path: Path):
    run = BestRun(tmp_path)
    run.runner.message_hub.update_info("best_score", 1.0)
    run.runner.message_hub.update_info("best_ckpt", "/moved/since/best_mIoU_iter_1.pth")
    run.validate(2, mIoU=2.0)
    assert run.saved[0].former == tmp_path / "best_mIoU_iter_1.pth"


def test_best_by_a_metric_that_is_not_measured_is_an_error(tmp_path: Path):
    message = r"save_best='mIoU', which the validation does not measure; it gives aAcc, mAcc$"
    with pytest.raises(ValueError, match=message):
        BestRun(tmp_path).validate(1, mAcc=1.0, aAcc=2.0)


def before_train(tmp_path: Path, counts: int, **settings: Any) -> None:
    hook = AtomicCheckpoint(**settings)
    model = nn.Linear(2, 2)
    wrapper = SimpleNamespace(_accumulative_counts=counts, optimizer=AdamW(model.parameters()))
    parts = dict(optim_wrapper=wrapper, model=model, val_interval=6, hooks=[hook])
    hook.before_train(fake_runner(work_dir=str(tmp_path), **parts))


@pytest.mark.parametrize(("interval", "proposal"), [(10, "8 or 12"), (3, "4")])
def test_interval_that_ends_between_optimizer_steps_is_refused(
    interval: int, proposal: str, tmp_path: Path
):
    message = rf"checkpoint\.interval={interval} is not a multiple of .*=4: .* Take {proposal}$"
    with pytest.raises(ValueError, match=message):
        before_train(tmp_path, 4, interval=interval)


def test_interval_that_ends_at_an_optimizer_step_is_taken(tmp_path: Path):
    before_train(tmp_path, 4, interval=12)


def test_validation_that_saves_between_optimizer_steps_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match=r"train_cfg\.val_interval=6 is not a multiple of .*=4"):
        before_train(tmp_path, 4, interval=12, save_best="top1", rule="greater")


@pytest.mark.parametrize("settings", [dict(interval=0), dict(interval=5, max_keep_ckpts=0)])
def test_settings_out_of_range_are_refused(settings: dict[str, int]):
    with pytest.raises(ValueError, match=r"checkpoint has interval=.*max_keep_ckpts >= 1 or -1"):
        AtomicCheckpoint(**settings)


def test_setting_of_milestones_is_a_whole_number():
    with pytest.raises(ValueError, match=r"checkpoint\.keep_every is 0; it takes a whole number"):
        AtomicCheckpoint(interval=5, keep_every=0)


def test_epochs_can_be_counted():
    assert AtomicCheckpoint(interval=1, by_epoch=True).filename_tmpl == "epoch_{}.pth"
