"""Downstream training on a very small toy world: kill and resume, weights, AMP, the log."""

import json
import os
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import torch

from iclip.checkpoints import load_checkpoint
from iclip.commands import make_toy_data
from iclip.commands.command_line import main
from iclip.models import SwinBackbone
from tests.support.forkserver import start_command

ROOT = Path(__file__).resolve().parents[2]
EPOCHS = 3


@pytest.fixture(scope="module")
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy world of 24 LVIS and 8 ADE20K training images."""
    root = tmp_path_factory.mktemp("data")
    arguments = ["--root", str(root / "toy"), "--only", "lvis,ade20k"]
    arguments += ["--lvis-train-images", "24", "--lvis-val-images", "4"]
    arguments += ["--ade20k-train-images", "8", "--ade20k-val-images", "2"]
    assert main(make_toy_data, arguments) == 0
    return root


def train(
    config: str, data_root: Path, work_dir: Path, *arguments: str, options: str = ""
) -> BaseProcess:
    """Start a training; what it prints goes to a file beside its work dir."""
    command = [str(ROOT / f"downstream/toy/{config}.py"), "--work-dir", str(work_dir)]
    command += ["--device", "cpu", *arguments]
    command += ["--cfg-options", "default_hooks.logger.interval=1", *options.split()]
    return start_command("train", command, told_by(work_dir), {"ICLIP_DATA": str(data_root)})


def told_by(work_dir: Path) -> Path:
    return work_dir.with_suffix(".txt")


def finish(process: BaseProcess, work_dir: Path, code: int = 0) -> str:
    process.join(240)
    told = told_by(work_dir).read_text()
    assert process.exitcode == code, told[-3000:]
    return told


def losses(work_dir: Path) -> dict[int, float]:
    """By step; a step that ran twice has its last loss."""
    lines = [
        json.loads(line)
        for file in sorted(work_dir.glob("*/vis_data/scalars.json"))
        for line in file.read_text().splitlines()
    ]
    return {line["step"]: line["loss"] for line in lines if "loss" in line}


DETECTION = f"train_cfg.max_epochs={EPOCHS} train_cfg.val_interval={EPOCHS}"


def test_killed_detection_resumes_to_the_same_losses(data_root: Path, tmp_path: Path):
    settings = dict(config="lvis_frcnn_scratch", data_root=data_root, options=DETECTION)
    killed = train(work_dir=tmp_path / "killed", **settings)
    deadline = time.monotonic() + 200
    while not (tmp_path / "killed/latest.pth").exists():
        assert time.monotonic() < deadline and killed.is_alive()
        time.sleep(0.05)
    killed.kill()
    killed.join()
    assert load_checkpoint(tmp_path / "killed/latest.pth")["meta"]["epoch"] < EPOCHS
    finish(train("lvis_frcnn_scratch", data_root, tmp_path / "killed", "--resume",
                 options=DETECTION), tmp_path / "killed")  # fmt: skip
    finish(train(work_dir=tmp_path / "whole", **settings), tmp_path / "whole")
    expected = losses(tmp_path / "whole")
    assert len(expected) >= 2 * EPOCHS
    assert losses(tmp_path / "killed") == expected
    ours, theirs = (
        load_checkpoint(tmp_path / run / "latest.pth")["state_dict"] for run in ("killed", "whole")
    )
    assert all(torch.equal(ours[name], tensor) for name, tensor in theirs.items())


SEGMENTATION = "train_cfg.max_iters=2 train_cfg.val_interval=2 default_hooks.checkpoint.interval=2"


def test_segmentation_states_what_it_starts_from(data_root: Path, tmp_path: Path):
    sizes = dict(embed_dims=48, depths=(2, 2), num_heads=(3, 6))
    backbone = SwinBackbone(arch=sizes, window_size=4, stem="conv")
    torch.save(backbone.state_dict(), tmp_path / "swin.pth")
    options = f"{SEGMENTATION} train_dataloader.batch_size=4"
    told = finish(
        train("ade20k_maskformer", data_root, tmp_path / "run", "--checkpoint",
              str(tmp_path / "swin.pth"), "--amp", options=options),
        tmp_path / "run",
    )  # fmt: skip
    # The load report, by layer and by name.
    tensors = len(backbone.state_dict())
    assert f"swin.pth: matched {tensors}/{tensors + 2} tensors, 2 missing" in told
    assert "missing (2): norm0.weight (48,), norm0.bias (48,)" in told
    # The learning rate follows the real batch: 4 of 8.
    assert "LR is set based on batch size of 8 and the current batch size is 4" in told
    assert "precision='auto'" in (tmp_path / "run/ade20k_maskformer.py").read_text()
    record = json.loads((tmp_path / "run/metrics.json").read_text())
    assert 0 <= record["metrics"]["mIoU"] <= 100
    # The figures of the classes are in a file of their own, and nowhere in the log.
    classes = json.loads((tmp_path / "run/per_class.json").read_text())["classes"]
    assert [entry["name"] for entry in classes[::17]] == ["disc", "wood"]
    assert record["metrics"].keys() == {"aAcc", "mIoU", "mAcc"}
    (start,) = json.loads((tmp_path / "run/provenance.json").read_text())
    assert "--checkpoint" in start["command"]


class Runs:
    """A pickle that would run code."""

    def __reduce__(self):
        return os.system, ("touch was_here",)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"head.weight": torch.ones(2)}, "holds no Swin backbone in a known layout"),
        ("another size", "of another shape"),
        (Runs(), "runs code and does not belong to weights"),
    ],
)
def test_checkpoint_that_does_not_fit_stops_the_start(
    content, told: str, data_root: Path, tmp_path: Path
):
    path = tmp_path / "bad.pth"
    if content == "another size":
        sizes = dict(embed_dims=24, depths=(2, 2), num_heads=(3, 6))
        content = SwinBackbone(arch=sizes, window_size=4, stem="conv").state_dict()
    torch.save(content, path)
    process = train("lvis_frcnn", data_root, tmp_path / "run", "--checkpoint", str(path))
    output = finish(process, tmp_path / "run", code=2)
    assert told in output
    assert str(path) in output
    assert "Traceback" not in output
    assert not (ROOT / "was_here").exists()
