"""From the command line of an evaluation tool to the report's page."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from iclip.commands import probe, retrieval, zeroshot
from iclip.commands.command_line import main
from iclip.registry import MODELS
from tests.report.run_folder import SAMPLES, measured, pretraining, row, sections, write_run
from tests.zeroshot.conftest import MICRO

pytestmark = pytest.mark.usefixtures("without_plots")

WNIDS = ("n01440764", "n01443537", "n02119789")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that follows Table 1's middle row, with a micro model's checkpoint in its place."""
    folder = tmp_path / "runs/half"
    write_run(folder, pretraining(), {}, samples_seen=SAMPLES, measured=measured())
    torch.manual_seed(0)
    text = dict(MICRO["text_encoder"], vocabulary=[320, 1125, 2368, 49406, 49407])  # type: ignore[call-overload]
    model = MODELS.build(dict(MICRO, text_encoder=text, class_prompts=None))
    meta = {"model": MICRO, "image_size": 32, "samples_seen": SAMPLES}
    torch.save({"state_dict": model.state_dict(), "meta": meta}, folder / "latest.pth")
    return folder


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """ImageNet's validation images, as far as three classes go; one of them is broken."""
    random = np.random.default_rng(0)
    for wnid in WNIDS:
        folder = tmp_path / "data/in1k/val" / wnid
        folder.mkdir(parents=True)
        for i in range(4):
            pixels = random.integers(0, 256, (40, 50, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{i}.JPEG")
    (tmp_path / "data/in1k/val" / WNIDS[0] / "0.JPEG").write_bytes(b"no image")
    return tmp_path / "data"


def common(run: Path, name: str, tmp_path: Path) -> list[str]:
    options = ["--json", str(run / name), "--cache", str(tmp_path / "cache"), "--device", "cpu"]
    return [str(run / "latest.pth"), *options]


def test_zero_shot_on_imagenet_reaches_table_1(run: Path, images: Path, tmp_path: Path):
    arguments = ["--suite", "imagenet1k", "--data-root", str(images), "--template", "a {}."]
    assert main(zeroshot, [*common(run, "any name.json", tmp_path), *arguments]) == 0
    found = sections(tmp_path / "runs")
    cells = row(found["paper"]["tables"][0], "50 : 50  iCLIP, IN-1K top-1")
    shown = found["evaluations"]["tables"][0]["rows"][0]
    assert cells[2] == shown[2] != "-"
    # 11 of 50,000 images at 32 pixels with a prompt of one's own: shown, and not subtracted.
    assert cells[3] == "-"
    assert cells[4] == "11 of 50,000, 1 broken"
    for cause in ("11 of 50,000 images", "--template", "image size 32, not 224"):
        assert cause in cells[5]
    assert cells[6].startswith("half, any name.json, fp32")


def test_retrieval_on_the_toys_captions_reaches_the_page(run: Path, images: Path, tmp_path: Path):
    folder = tmp_path / "data/toy/retrieval"
    (folder / "images").mkdir(parents=True)
    files = sorted((images / "in1k/val" / WNIDS[1]).iterdir())
    entries = []
    for i, file in enumerate(files):
        file.rename(folder / "images" / f"{i}.jpg")
        sentences = ",".join(f'{{"raw": "caption {i} {k}"}}' for k in range(5))
        entries.append(f'{{"filename": "{i}.jpg", "split": "test", "sentences": [{sentences}]}}')
    (folder / "karpathy.json").write_text(f'{{"images": [{",".join(entries)}]}}')
    arguments = ["--dataset", "toy", "--data-root", str(tmp_path / "data")]
    assert main(retrieval, [*common(run, "r.json", tmp_path), *arguments]) == 0
    (table,) = sections(tmp_path / "runs")["evaluations"]["tables"]
    assert table["caption"] == "half: r.json, retrieval"
    assert [cells[1] for cells in table["rows"]] == ["tr_r1", "tr_r5", "tr_r10", "ir_r1", "ir_r5",
                                                     "ir_r10"]  # fmt: skip
    assert table["rows"][0][3].startswith("4")


def test_probe_reaches_the_page(run: Path, images: Path, tmp_path: Path):
    folder = str(images / "in1k/val")
    arguments = ["--train", folder, "--test", folder]
    assert main(probe, [*common(run, "p.json", tmp_path), *arguments]) == 0
    (table,) = sections(tmp_path / "runs")["evaluations"]["tables"]
    assert table["caption"] == "half: p.json, probes"
    assert table["rows"][0][1] == "linear probe"
