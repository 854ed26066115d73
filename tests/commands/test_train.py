"""What a user of tools/train.py and tools/pretrain.sh meets."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from iclip.checkpoints import load_checkpoint
from iclip.commands import train
from iclip.commands.command_line import main, parse
from tests.support.tiny_run.config import tiny_config, with_method
from tests.support.train_process import finish, output, records, start


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run with seed 3."""
    folder = tmp_path_factory.mktemp("trained")
    assert finish(tiny_config(folder), folder, "--seed", "3") == 0, output(folder)
    return folder


def until(condition: Callable[[], object], folder: Path) -> None:
    """Wait for what a run in ``folder`` does."""
    end = time.monotonic() + 100
    while not condition():
        assert time.monotonic() < end, output(folder)
        time.sleep(0.02)


def run(cfg: Any, folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and the last message of a run that should stop early."""
    code = finish(cfg, folder, *arguments)
    text = output(folder)
    return code, text[text.rindex("\nERROR:") :] if "\nERROR:" in text else text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            dict(default_hooks__checkpoint__interval=0),
            "default_hooks.checkpoint has interval=0",
        ),
        (
            dict(train_dataloader__dataset__end=20),
            "sample 20 is 'absent.jpg': there is no such file",
        ),
        (
            dict(optim_wrapper__optimizer__type="AdmaW"),
            "config {folder}/tiny.py cannot be built: AdmaW is not in the ",
        ),
    ],
    ids=["setting", "data worker", "type"],
)
def test_user_s_mistake_is_a_message_and_not_a_traceback(
    changes: dict[str, Any], expected: str, tmp_path: Path
):
    code, message = run(tiny_config(tmp_path, **changes), tmp_path)
    assert code == 2
    assert message.startswith(f"\nERROR: {expected.format(folder=tmp_path)}")
    assert message.endswith("(--traceback shows where in the code)\n")
    assert "Traceback" not in output(tmp_path)


def test_traceback_of_a_user_s_mistake_is_shown_on_demand(tmp_path: Path):
    run(tiny_config(tmp_path, default_hooks__checkpoint__interval=0), tmp_path, "--traceback")
    assert "Traceback" in output(tmp_path)


def test_missing_config_is_named(capsys: pytest.CaptureFixture):
    assert main(train, ["configs/absent.py"]) == 2
    assert "ERROR: config configs/absent.py does not exist" in capsys.readouterr().err


def test_another_run_is_not_overwritten(trained: Path):
    code, message = run(tiny_config(trained), trained)
    assert code == 2
    assert "already holds a run (iter_12.pth). Add --resume" in message


def test_second_run_in_a_work_dir_is_refused_until_the_first_is_killed(tmp_path: Path):
    cfg = tiny_config(tmp_path, train_cfg__max_iters=1_000_000)
    both = [start(cfg, tmp_path), start(cfg, tmp_path)]
    until(lambda: any(process.exitcode is not None for process in both), tmp_path)
    first, refused = sorted(both, key=lambda process: process.exitcode is not None)
    assert refused.exitcode == 2
    assert f"tmp_path/run is in use by process {first.pid} on" in output(tmp_path).replace(
        str(tmp_path), "tmp_path"
    )
    until((tmp_path / "run" / "latest.pth").exists, tmp_path)
    first.kill()
    first.join(20)
    resumed = start(cfg, tmp_path, "--resume")
    until(lambda: "resumed epoch: 0" in output(tmp_path), tmp_path)
    resumed.kill()
    resumed.join(20)
    assert f"process {first.pid} on" in output(tmp_path).partition("without releasing")[0]


def test_finished_run_resumes_to_its_end_with_its_seed(trained: Path):
    before = len(records(trained))
    assert finish(tiny_config(trained), trained, "--resume") == 0, output(trained)
    assert len(records(trained)) == before == 12
    assert load_checkpoint(trained / "run" / "latest.pth")["meta"]["seed"] == 3


def test_resume_of_another_architecture_is_refused(trained: Path, tmp_path: Path):
    cfg = tiny_config(tmp_path, model__width=16)
    code, message = run(cfg, tmp_path, "--resume", str(trained / "run" / "latest.pth"))
    assert code == 2
    assert "weights of another architecture: matched 2/7 tensors" in message
    assert "backbone.0.weight (8, 12) in the checkpoint, (16, 12) in the model" in message


def test_resume_of_a_damaged_checkpoint_is_refused(trained: Path, tmp_path: Path):
    content = (trained / "run" / "latest.pth").read_bytes()
    (tmp_path / "iter_1.pth").write_bytes(content[: len(content) // 2])
    code, message = run(tiny_config(tmp_path), tmp_path, "--resume", str(tmp_path / "iter_1.pth"))
    assert code == 2
    assert (
        f"--resume {tmp_path}/iter_1.pth: its end is missing. {tmp_path} holds no good" in message
    )


def test_resume_with_another_seed_is_refused(trained: Path):
    code, message = run(tiny_config(trained), trained, "--resume", "--seed", "4")
    assert code == 2
    assert "randomness.seed is 4" in message and "--seed 3" in message


def test_decode_errors_above_the_limit_stop_the_run(tmp_path: Path):
    cfg = tiny_config(tmp_path, train_dataloader__dataset__damaged=4)
    cfg.custom_hooks[3].update(grace=10, interval=2)
    code, message = run(cfg, tmp_path)
    assert code == 2
    assert "4 of 16 samples could not be decoded" in message
    assert "Decode error 1: 0.jpg is truncated" in output(tmp_path)


def test_misspelt_setting_stops_the_run(tmp_path: Path, capsys: pytest.CaptureFixture):
    tiny_config(tmp_path).dump(tmp_path / "tiny.py")
    assert main(train, [str(tmp_path / "tiny.py"), "--cfg-options", "train_cfg.max_itrs=5"]) == 2
    assert "train_cfg has no max_itrs; is train_cfg.max_iters meant?" in capsys.readouterr().err


def test_options_change_the_config(tmp_path: Path):
    tiny_config(tmp_path).dump(tmp_path / "tiny.py")
    options = ["--cfg-options", "optim_wrapper.optimizer.lr=0.1", "param_scheduler.0.end=2"]
    cfg = train.build_config(parse(train, [str(tmp_path / "tiny.py"), *options]))
    assert (cfg.optim_wrapper.optimizer.lr, cfg.param_scheduler[0].end) == (0.1, 2)


def test_global_batch_is_set_by_its_option_alone(tmp_path: Path, capsys: pytest.CaptureFixture):
    tiny_config(tmp_path).dump(tmp_path / "tiny.py")
    options = ["--cfg-options", "global_batch_size=16"]
    assert main(train, [str(tmp_path / "tiny.py"), *options]) == 2
    assert "global_batch_size=16: give --global-batch-size 16" in capsys.readouterr().err


def test_auto_is_what_the_plan_finds_for_this_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked = []

    def fitting_micro_batch(cfg: Any, processes: int, gib: float) -> int:
        asked.append((cfg.global_batch_size, processes, gib))
        return 6

    monkeypatch.setattr("iclip.planning.fitting_micro_batch", fitting_micro_batch)
    gpu = SimpleNamespace(total_memory=80 * 2**30)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: gpu)
    cfg = tiny_config(tmp_path)
    cfg.global_batch_size, cfg.micro_batch_size = 36, "auto"
    cfg.train_dataloader.pop("batch_size")
    assert train.choose_batch_sizes(cfg, 2, "cuda") == "36 = 2 GPUs x 3 x 6"
    assert asked == [(36, 2, 80.0)]
    assert (cfg.train_dataloader.batch_size, cfg.micro_batch_size) == (6, 6)


def test_another_global_batch_is_trained_and_its_learning_rate_told(tmp_path: Path):
    cfg = with_method(tiny_config(tmp_path), tmp_path)
    cfg.train_cfg.max_iters, cfg.global_batch_size = 2, 8
    cfg.train_dataloader.pop("batch_size")
    options = ("--global-batch-size", "12", "--micro-batch-size", "6")
    assert finish(cfg, tmp_path, *options) == 0, output(tmp_path)
    assert [len(record["samples"]) for record in records(tmp_path)] == [12, 12]
    assert "Samples per step: 12 = 1 process x 2 x 6" in output(tmp_path)
    assert "global_batch_size=12 in place of the config's 8: optim_wrapper.optimizer.lr stays" in (
        output(tmp_path)
    )
    (start,) = json.loads((tmp_path / "run/provenance.json").read_text())
    assert start["batch"] == "12 = 1 process x 2 x 6"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [([], 0), (["--seed", "7"], 7), (["--cfg-options", "randomness.seed=5"], 5)],
)
def test_a_run_always_has_a_seed(arguments: list[str], expected: int, tmp_path: Path):
    cfg = tiny_config(tmp_path)
    cfg.randomness = dict(seed=None)
    cfg.dump(tmp_path / "tiny.py")
    args = parse(train, [str(tmp_path / "tiny.py"), *arguments])
    assert train.build_config(args).randomness.seed == expected


def test_several_processes_become_torchrun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    commands = []

    def execv(program: str, command: list[str]) -> None:
        commands.append(command)
        raise SystemExit

    monkeypatch.setattr(os, "execv", execv)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    tiny_config(tmp_path).dump(tmp_path / "tiny.py")
    arguments = [str(tmp_path / "tiny.py"), "--work-dir", str(tmp_path / "run"), "--resume"]
    with pytest.raises(SystemExit):
        main(train, [*arguments, "--gpus", "2", "--device", "cpu"])
    (command,) = commands
    assert "--nproc-per-node=2" in command and "iclip.ranks.torchrun" in command
    assert command[-2:] == ["--launcher", "pytorch"]
    place = command.index("train")
    assert command[place - 2 : place] == ["-m", "iclip"]
    again = parse(train, command[place + 1 :])
    assert (again.resume, again.launcher, again.device) == ("latest", "pytorch", "cpu")


def pretrain(folder: Path, root: Path, *arguments: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        ["bash", str(root / "tools" / "pretrain.sh"), *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


@pytest.mark.skipif(torch.cuda.device_count() >= 8, reason="this machine has what is asked for")
def test_pretrain_says_at_once_what_is_missing(tmp_path: Path, repo_root: Path):
    result = pretrain(tmp_path, repo_root, "configs/iclip_swinb.py", "8")
    assert result.returncode == 2
    assert "2 things are missing" in result.stderr
    assert "8 GPUs asked for" in result.stderr
    assert "the data root '/nonexistent/data' does not exist" in result.stderr
    assert "tools/pretrain.sh configs/micro/" in result.stderr
    assert "Traceback" not in result.stderr


def test_pretrain_without_arguments_shows_its_usage(tmp_path: Path, repo_root: Path):
    result = pretrain(tmp_path, repo_root)
    assert result.returncode == 2
    assert "tools/pretrain.sh CONFIG [GPUS] [--resume [PATH]]" in result.stderr
    assert "NNODES=8 NODE_RANK=3 MASTER_ADDR=" in result.stderr
