"""Training of a classifier on a few drawn images: it learns, resumes exactly, and is recorded."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from PIL import Image

from iclip.checkpoints import load_checkpoint
from iclip.commands import test as test_command
from iclip.commands.command_line import main
from iclip.datasets.readers.labelled_list import write_labelled_list
from iclip.models.methods.image_classifier import ImageClassifier
from iclip.registry import TRANSFORMS
from tests.support.same_run import plain
from tests.support.train_process import finish, output, start

ROOT = Path(__file__).resolve().parents[2]
CLASSES = ("across", "down, and up", "plain")
SIDE, TRAIN_IMAGES, VAL_IMAGES = 32, 48, 30


def draw(path: Path, label: int, random: np.random.Generator) -> None:
    """Stripes across or down, or none, in random colors, thickness and place."""
    colors = random.integers(0, 256, (2, 3))
    wave = (np.arange(40) + random.integers(8)) // random.integers(3, 6) % 2
    stripes = np.broadcast_to(wave[:, None] if label == 0 else wave[None], (40, 40))
    pixels = colors[stripes if label < 2 else np.zeros((40, 40), int)]
    noisy = pixels + random.normal(0, 10, pixels.shape)
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(path)


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with train.jsonl and val.jsonl."""
    folder, random = tmp_path_factory.mktemp("lists"), np.random.default_rng(0)
    for part, count in (("train", TRAIN_IMAGES), ("val", VAL_IMAGES)):
        images = [(f"{part}, {number}.png", number % 3) for number in range(count)]
        for name, label in images:
            draw(folder / name, label, random)
        write_labelled_list(folder / f"{part}.jsonl", CLASSES, images)
    # A damaged image is replaced in training.
    (folder / "train, 5.png").write_bytes(b"\x89PNG")
    return folder


def config(lists: Path, **changes: object) -> Config:
    cfg = Config.fromfile(ROOT / "downstream/own/micro/classification.py")
    cfg.merge_from_dict(
        {
            "model.backbone": dict(
                arch=dict(_delete_=True, embed_dims=24, depths=(1, 1), num_heads=(1, 2)),
                stem="conv", window_size=4, drop_path_rate=0.1, checkpoint=None,
            ),
            "model.num_classes": len(CLASSES),
            "model.mixing": dict(mixup_alpha=0.2, cutmix_alpha=0.2, erase_share=0.1),
            "train_dataloader.dataset.labelled.table": str(lists / "train.jsonl"),
            "train_dataloader.dataset.labelled.image_transform": dict(size=SIDE, scale=(0.6, 1.0)),
            "val_dataloader.dataset.table": str(lists / "val.jsonl"),
            "val_dataloader.dataset.image_transform": dict(size=SIDE, resize=SIDE),
            "global_batch_size": 24,
            "train_cfg": dict(max_iters=60, val_interval=30),
            "optim_wrapper.optimizer.lr": 4e-3,
            "default_hooks.checkpoint.interval": 20,
            "default_hooks.logger.interval": 10,
        }
    )  # fmt: skip
    for loader in ("train_dataloader", "val_dataloader"):
        cfg[loader].update(num_workers=0, persistent_workers=False, pin_memory=False)
    cfg.custom_hooks = [h for h in cfg.custom_hooks if h.type != "CountDecodeErrors"] + [
        dict(type="CountDecodeErrors", max_fraction=0.2)
    ]
    cfg.param_scheduler = [
        dict(type="LinearLR", by_epoch=False, start_factor=0.01, begin=0, end=6),
        dict(type="CosineAnnealingLR", by_epoch=False, begin=6, eta_min_ratio=0.01),
    ]
    cfg.test_dataloader = cfg.val_dataloader
    cfg.merge_from_dict(changes)
    return cfg


@pytest.fixture(scope="module")
def whole(lists: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a run from beginning to end."""
    folder = tmp_path_factory.mktemp("whole")
    assert finish(config(lists), folder) == 0, output(folder)[-3000:]
    yield folder


def metrics(run: Path, name: str = "metrics.json") -> dict[str, float]:
    content = json.loads((run / name).read_text())
    return content["metrics"]


def test_it_learns(whole: Path):
    """30 images of 3 classes: by chance, 18 or more are right once in 400 runs."""
    found = metrics(whole / "run")
    assert found.keys() == {"accuracy/top1", "accuracy/mean_per_class"}
    assert found["accuracy/top1"] >= 60


def test_what_was_measured_and_read_is_recorded(whole: Path, lists: Path):
    run = whole / "run"
    classes = json.loads((run / "per_class.json").read_text())
    assert [entry["name"] for entry in classes["classes"]] == list(CLASSES)
    assert [entry["count"] for entry in classes["classes"]] == [10, 10, 10]
    assert np.asarray(classes["confusion"]).sum() + sum(classes["undecided"]) == VAL_IMAGES
    record = json.loads((run / "metrics.json").read_text())
    assert record["kind"] == "classification"
    assert record["measured"]["data"][0]["place"] == str(lists / "val.jsonl")
    data = json.loads((run / "data.json").read_text())
    assert data["train.labelled"]["counts"]["images"] == TRAIN_IMAGES
    assert "Decode error 1: labelled: " in output(whole)


def test_the_layers_of_the_backbone_learn_more_slowly(whole: Path):
    content = load_checkpoint(whole / "run/latest.pth")
    rates = sorted({group["initial_lr"] for group in content["optimizer"]["param_groups"]})
    # The stem, two blocks and what is not in the backbone.
    assert rates == pytest.approx([4e-3 * 0.75**depth for depth in (3, 2, 1, 0)])


def test_a_killed_run_resumes_bit_for_bit(whole: Path, lists: Path, tmp_path: Path):
    cfg = config(lists)
    process = start(cfg, tmp_path)
    deadline = time.monotonic() + 100
    while not (tmp_path / "run/iter_20.pth").exists():
        assert time.monotonic() < deadline and process.is_alive(), output(tmp_path)[-3000:]
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert not (tmp_path / "run/iter_60.pth").exists()
    assert finish(cfg, tmp_path, "--resume") == 0, output(tmp_path)[-3000:]
    assert "esumed" in output(tmp_path)
    ours, theirs = (load_checkpoint(f / "run/latest.pth") for f in (tmp_path, whole))
    for part in ("state_dict", "optimizer", "param_schedulers"):
        assert plain(ours[part]) == plain(theirs[part]), part
    assert metrics(tmp_path / "run") == metrics(whole / "run")


def test_the_test_repeats_the_last_validation(whole: Path, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = [str(whole / "tiny.py"), str(whole / "run/latest.pth"), "--device", "cpu"]
    assert main(test_command, [*arguments, "--json", str(tmp_path / "test.json")]) == 0
    assert metrics(tmp_path, "test.json") == metrics(whole / "run")


def test_probabilities_of_the_trained_model_give_its_accuracy(whole: Path, lists: Path):
    cfg, content = config(lists), load_checkpoint(whole / "run/latest.pth")
    model = ImageClassifier(**{k: v for k, v in cfg.model.items() if k != "type"})
    model.load_state_dict(content["state_dict"])
    transform = TRANSFORMS.build(cfg.val_dataloader.dataset.image_transform)
    files = [lists / f"val, {number}.png" for number in range(VAL_IMAGES)]
    pixels = torch.stack([transform(file.read_bytes()) for file in files])
    labels = torch.arange(VAL_IMAGES) % 3
    right = model.classify(pixels).argmax(dim=1) == labels
    assert 100 * right.double().mean().item() == pytest.approx(
        metrics(whole / "run")["accuracy/top1"]
    )
