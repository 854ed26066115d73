import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from iclip import __version__
from iclip.checkpoints import load_checkpoint
from iclip.engine import AtomicCheckpoint
from iclip.engine.checkpoint_files import checkpoints_by_age
from tests.support.fake_runner import fake_runner
from tests.support.tiny_run.config import tiny_config, with_validation
from tests.support.train_process import finish, output


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
    assert (meta["iclip_version"], meta["world_size"]) == (__version__, 1)
    assert {"torch", "numpy", "mmengine"} <= meta["versions"].keys()
    assert "max_iters=12" in meta["cfg"]
    assert meta["class_texts"][2] == {"id": "n2", "names": ["word2"], "description": ""}


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
    said = f"{again}/run/iter_12.pth could not be written: File too large"
    assert text.count(said) == 1 and "Traceback" not in text
    assert f"{again}/run/latest.pth still is iter_8.pth: make room and continue" in text
    assert load_checkpoint(again / "run" / "latest.pth")["meta"]["iter"] == 8
    assert not list((again / "run").glob("*.tmp"))


def test_full_disk_at_the_first_checkpoint(tmp_path: Path):
    assert finish(tiny_config(tmp_path), tmp_path, largest_file=12_000) == 2
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


def test_age_counts_and_not_the_number(tmp_path: Path):
    for name in ("iter_100.pth", "iter_20.pth", "best_a_iter_7.pth", "latest.pth", "iter_3.pth"):
        (tmp_path / name).touch()
        time.sleep(0.01)
    names = [path.name for path in checkpoints_by_age(tmp_path)]
    assert names == ["iter_100.pth", "iter_20.pth", "iter_3.pth"]


def before_train(tmp_path: Path, counts: int, **settings: Any) -> None:
    hook = AtomicCheckpoint(**settings)
    wrapper = SimpleNamespace(_accumulative_counts=counts)
    hook.before_train(fake_runner(work_dir=str(tmp_path), optim_wrapper=wrapper, val_interval=6))


def test_interval_must_end_at_an_optimizer_step(tmp_path: Path):
    said = r"checkpoint\.interval=10 is not a multiple of .*accumulative_counts=4.*Take 8 or 12"
    with pytest.raises(ValueError, match=said):
        before_train(tmp_path, 4, interval=10)
    with pytest.raises(ValueError, match=r"interval=3 .* Take 4$"):
        before_train(tmp_path, 4, interval=3)
    before_train(tmp_path, 4, interval=12)


def test_validation_that_saves_must_end_at_an_optimizer_step(tmp_path: Path):
    with pytest.raises(ValueError, match=r"train_cfg\.val_interval=6 is not a multiple of .*=4"):
        before_train(tmp_path, 4, interval=12, save_best="top1", rule="greater")


@pytest.mark.parametrize("settings", [dict(interval=0), dict(interval=5, max_keep_ckpts=0)])
def test_settings_out_of_range_are_refused(settings: dict[str, int]):
    with pytest.raises(ValueError, match=r"checkpoint has interval=.*max_keep_ckpts >= 1 or -1"):
        AtomicCheckpoint(**settings)


def test_epochs_can_be_counted(tmp_path: Path):
    hook = AtomicCheckpoint(interval=1, by_epoch=True)
    assert hook.filename_tmpl == "epoch_{}.pth"
    (tmp_path / "epoch_2.pth").touch()
    assert checkpoints_by_age(tmp_path) == [tmp_path / "epoch_2.pth"]
