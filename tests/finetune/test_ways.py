"""Three ways beside each other: what was measured, and why something was not."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from iclip.finetune.asked import Asked
from iclip.finetune.ways import PROBE_FILE, ZERO_SHOT_FILE, Way, compare_ways, way_lines
from iclip.models import SwinBackbone
from iclip.own_data.data_set import OwnData
from iclip.own_data.images_by_class.labelled_file import LabelledFile
from iclip.results import PROBE, ZERO_SHOT, load_result
from iclip.tasks import CLASSIFICATION
from tests.support.zero_shot_models import micro  # noqa: F401

COLORS = ((20, 200, 40), (210, 30, 30))


@pytest.fixture
def data(tmp_path: Path) -> OwnData:
    """Noisy images of two colors."""
    random = np.random.default_rng(0)
    samples = []
    for number in range(24):
        pixels = np.array(COLORS[number % 2]) + random.normal(0, 30, (36, 36, 3))
        file = tmp_path / f"{number}.png"
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file)
        samples.append(LabelledFile(str(file), number % 2))
    parts = {"train": samples[:16], "val": samples[16:]}
    return OwnData(CLASSIFICATION, "class folders", tmp_path, ("green leaf", "red brick"), parts)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run's folder with the figures of its best checkpoint."""
    (tmp_path / "run").mkdir()
    metrics = {
        "iteration": 40,
        "metrics": {"accuracy/top1": 93.75, "accuracy/mean_per_class": 93.0},
    }
    (tmp_path / "run/best_metrics.json").write_text(json.dumps(metrics))
    return tmp_path / "run"


def asked(checkpoint: Path | None, **options: str) -> Asked:
    name = None if checkpoint is None else str(checkpoint)
    return Asked(CLASSIFICATION, "pets", checkpoint=name, device="cpu", **options)


def test_all_three_are_measured_and_kept(folder: Path, data: OwnData, micro: Path):  # noqa: F811
    tuned, probed, zero_shot = compare_ways(folder, data, asked(micro))
    assert tuned == Way("fine-tuning", 93.75, "the best checkpoint, 8 images")
    for way, file, kind in ((probed, PROBE_FILE, PROBE), (zero_shot, ZERO_SHOT_FILE, ZERO_SHOT)):
        result = load_result(folder / file)
        assert result.kind == kind and [*result.metrics.values()] == [way.top1]
        assert "8 images" in way.told
    lines = way_lines([tuned, probed, zero_shot])
    assert lines[1] == "  fine-tuning    93.75  the best checkpoint, 8 images"
    assert len(lines) == 4


def test_a_backbone_alone_has_a_probe(folder: Path, data: OwnData, tmp_path: Path):
    network = SwinBackbone(arch=dict(embed_dims=12, depths=(1, 1), num_heads=(1, 2)), window_size=4)
    torch.save(network.state_dict(), tmp_path / "swin.pth")
    _, probed, zero_shot = compare_ways(folder, data, asked(tmp_path / "swin.pth"))
    assert probed.top1 is not None
    assert zero_shot.top1 is None and zero_shot.told.startswith(
        "not measured: the checkpoint has no text"
    )
    assert not (folder / ZERO_SHOT_FILE).exists()


def test_random_weights_tell_nothing_apart(folder: Path, data: OwnData):
    _, probed, zero_shot = compare_ways(folder, data, asked(None))
    assert probed.told == zero_shot.told == ("not measured: the training began with random weights")
    assert way_lines([probed])[1].split()[:3] == ["linear", "probe", "-"]


def test_without_a_validation_there_is_no_figure(tmp_path: Path, data: OwnData):
    way, *_ = compare_ways(tmp_path, data, asked(None))
    assert way == Way("fine-tuning", None, "not measured: no validation had a score")


def test_a_table_of_class_texts_that_is_missing_is_said(
    folder: Path,
    data: OwnData,
    micro: Path,  # noqa: F811
):
    options = asked(micro, class_texts=str(folder / "absent.jsonl"))
    *_, zero_shot = compare_ways(folder, data, options)
    assert "there is no class-text table" in zero_shot.told
