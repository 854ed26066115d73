import subprocess
import sys
import time
from pathlib import Path

import pytest

from iclip.commands import train
from iclip.commands.command_line import parse
from tests.soak.__main__ import main
from tests.soak.training import SETTINGS, end, train_command, training

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, lambda *_: None)
print("ready", flush=True)
while True:
    time.sleep(1)
"""


def test_watched_run_is_the_micro_config_with_settings_that_it_knows(
    tmp_path: Path, repo_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo_root)
    cfg = train.build_config(parse(train, train_command(tmp_path / "run")[2:]))
    assert cfg.train_dataloader.num_workers == 2 and len(cfg.val_dataloader) == 4
    assert cfg.train_cfg.max_iters == SETTINGS["train_cfg.max_iters"]
    assert cfg.default_hooks.checkpoint.interval < cfg.train_cfg.val_interval


def test_toy_world_that_is_not_there_is_named(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("ICLIP_DATA", str(tmp_path))
    with pytest.raises(ValueError, match="holds no toy world: draw it with"), training(tmp_path):
        pass


def test_process_that_does_not_stop_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.soak.training._SECONDS_TO_END", 0.2)
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        end(process)
    assert process.returncode == -9


def test_earlier_soak_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "samples.jsonl").touch()
    assert main(["--out", str(tmp_path)]) == 2
    assert "holds an earlier soak: remove it, or give another folder" in capsys.readouterr().out


@pytest.mark.parametrize("code", [0, 3])
def test_run_that_ends_by_itself_fails_the_soak(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "READY").touch()
    monkeypatch.setenv("ICLIP_DATA", str(tmp_path))
    command = [sys.executable, "-c", f"print('the last words'); raise SystemExit({code})"]
    monkeypatch.setattr("tests.soak.training.train_command", lambda work_dir: command)
    started = time.monotonic()
    assert main(["--out", str(tmp_path / "out"), "--every", "0.05"]) == 1
    assert time.monotonic() - started < 60
    told = capsys.readouterr().out
    assert f"the run ended with exit code {code}" in told and "the last words" in told
