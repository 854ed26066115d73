"""Real photos and real WordNet texts, through the commands that a user types."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from iclip.text.sources.wordnet import WordNet

# A quarter of the config's, in half its steps: most of a step goes into the 1000 texts.
PHOTOS, STEPS = 16, 40


@pytest.fixture(scope="module")
def data_root(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``photos/images``: every 15th of the 1000 classes, one photo each."""
    root = tmp_path_factory.mktemp("data")
    images = root / "photos/images"
    images.mkdir(parents=True)
    for folder in sorted((real_data / "imagenet_samples").iterdir())[::15][:PHOTOS]:
        (images / folder.name).symlink_to(folder)
    return root


def run(repo_root: Path, data_root: Path, *command: str | Path) -> None:
    subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=repo_root,
        env=os.environ | {"PYTHONPATH": str(repo_root), "ICLIP_DATA": str(data_root)},
        check=True,
    )


# A minute on a quiet core: longer than a hang may take, where other work shares it.
@pytest.mark.timeout(1800)
def test_micro_swin_learns_photos_among_1000_class_texts(
    repo_root: Path, real_data: Path, real_wordnet: WordNet, data_root: Path, tmp_path: Path
):
    table = data_root / "photos/class_texts.jsonl"
    wnids = real_data / "imagenet_samples"
    run(repo_root, data_root, "tools/build_class_texts.py", "--wnids", wnids, "--out", table)
    assert len(table.read_text().splitlines()) == 1000
    config = "configs/micro/iclip_photos.py"
    settings = (
        *(f"train_cfg.{name}={STEPS}" for name in ("max_iters", "val_interval")),
        *(f"param_scheduler.{name}={STEPS // 5}" for name in ("0.end", "1.begin")),
    )
    options = ("--global-batch-size", str(PHOTOS), "--cfg-options", *settings)
    run(repo_root, data_root, "tools/train.py", config, "--work-dir", tmp_path, *options)
    record = json.loads((tmp_path / "metrics.json").read_text())
    assert record["samples_seen"] == record["iteration"] * PHOTOS
    assert record["metrics"]["zero_shot/top1"] >= 90  # 15 of 16
