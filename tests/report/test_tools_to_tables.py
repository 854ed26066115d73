"""From the command line of each evaluation tool to the tables of the report's page."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from iclip.commands import probe, retrieval, zeroshot
from iclip.commands.command_line import main
from iclip.registry import MODELS
from tests.support.run_folder import SAMPLES, measured, pretraining, row, sections, write_run
from tests.support.zero_shot_models import MICRO
from tests.zeroshot import kornblith_files

pytestmark = pytest.mark.usefixtures("without_plots")

WNIDS = ("n01440764", "n01443537", "n02119789")
# What decides that a run is Table 3's.
LARGE = pretraining(ratio="(64, 128)").replace("tiny", "base").replace("in21k", "in22k")
CONFIGS = {"half": pretraining(), "large": LARGE.replace("yfcc14m", "laion400m")}


@pytest.fixture(scope="module")
def checkpoint() -> dict[str, object]:
    """A micro model that says how many samples it has seen."""
    torch.manual_seed(0)
    text = dict(MICRO["text_encoder"], vocabulary=[320, 1125, 2368, 49406, 49407])  # type: ignore[call-overload]
    model = MODELS.build(dict(MICRO, text_encoder=text, class_prompts=None))
    meta = {"model": MICRO, "image_size": 32, "samples_seen": SAMPLES}
    return {"state_dict": model.state_dict(), "meta": meta}


@pytest.fixture
def runs(checkpoint: dict[str, object], tmp_path: Path) -> Path:
    """Runs that follow Table 1's middle row and Table 3's last one, with a micro model in place."""
    for name, config in CONFIGS.items():
        folder = tmp_path / "runs" / name
        write_run(folder, config, {}, samples_seen=SAMPLES, measured=measured())
        torch.save(checkpoint, folder / "latest.pth")
    return tmp_path / "runs"


def draw(file: Path, seed: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(file)


@pytest.fixture
def imagenet(tmp_path: Path) -> Path:
    """ImageNet's validation images, as far as three classes go; one of them is broken."""
    for label, wnid in enumerate(WNIDS):
        for i in range(4):
            draw(tmp_path / f"data/in1k/val/{wnid}/{i}.JPEG", 4 * label + i)
    (tmp_path / "data/in1k/val" / WNIDS[0] / "0.JPEG").write_bytes(b"no image")
    return tmp_path / "data"


def write_captions(file: Path, images: Path) -> None:
    """Write four images with five captions each in Karpathy's format."""
    entries = []
    for i in range(4):
        draw(images / f"{i}.jpg", i)
        captions = [{"raw": f"caption {i} {k}"} for k in range(5)]
        entries.append({"filename": f"{i}.jpg", "split": "test", "sentences": captions})
    file.write_text(json.dumps({"images": entries}))


def evaluate(command, run: Path, name: str, *arguments: object) -> None:
    """Run a tool on a run's checkpoint, its result in the run's folder."""
    line = [run / "latest.pth", "--json", run / name, "--cache", run.parents[1] / "cache",
            "--device", "cpu", *arguments]  # fmt: skip
    assert main(command, list(map(str, line))) == 0


def test_zero_shot_on_imagenet_reaches_table_1(runs: Path, imagenet: Path):
    options = ["--suite", "imagenet1k", "--data-root", imagenet, "--template", "a {}."]
    evaluate(zeroshot, runs / "half", "any name.json", *options)
    found = sections(runs)
    cells = row(found["paper"]["tables"][0], "50 : 50  iCLIP, IN-1K top-1")
    shown = found["evaluations"]["tables"][0]["rows"][0]
    assert cells[2] == shown[2] != "-"
    # 11 of 50,000 images at 32 pixels with a prompt of one's own: shown, and not subtracted.
    assert cells[3] == "-"
    assert cells[4] == "11 of 50,000, 1 broken"
    for cause in ("11 of 50,000 images", "--template", "image size 32, not 224"):
        assert cause in cells[5]
    assert cells[6].startswith("half, any name.json, fp32")


@pytest.mark.parametrize(
    ("dataset", "file", "table", "label"),
    [
        ("coco", "dataset_coco.json", 0, "50 : 50  iCLIP, COCO"),
        ("coco", "dataset_coco.json", 2, "iCLIP, YFCC-14M + IN-21K (half), COCO"),
        ("flickr30k", "dataset_flickr30k.json", 2, "iCLIP, YFCC-14M + IN-21K (half), Flickr30K"),
    ],
)
def test_retrieval_reaches_tables_1_and_2(
    dataset: str, file: str, table: int, label: str, runs: Path, tmp_path: Path
):
    write_captions(tmp_path / dataset / file, tmp_path / dataset / "images")
    evaluate(retrieval, runs / "half", "r.json", "--dataset", dataset, "--data-root", tmp_path)
    found = sections(runs)
    (measured_by_tool,) = found["evaluations"]["tables"]
    shown = {cells[1]: cells[2] for cells in measured_by_tool["rows"]}
    for direction, short in (("IR", "ir_r1"), ("TR", "tr_r1")):
        cells = row(found["paper"]["tables"][table], f"{label} {direction} R@1")
        assert cells[2] == shown[short] != "-"
        assert cells[3] == "-"
        assert cells[4].startswith("4 of ")
        assert "image size 32, not 224" in cells[5]
        assert cells[6].startswith("half, r.json, fp32")


def test_zero_shot_on_kornblith_reaches_table_3(runs: Path, tmp_path: Path):
    kornblith_files.dtd(tmp_path / "dtd")
    kornblith_files.food101(tmp_path / "food101")
    options = ["--suite", "kornblith12", "--datasets", "dtd,food101", "--data-root", tmp_path]
    evaluate(zeroshot, runs / "large", "k.json", *options)
    found = sections(runs)
    (table,) = (
        table for table in found["paper"]["tables"]
        if table["caption"].startswith("Table 3") and table["caption"].endswith(": iCLIP")
    )  # fmt: skip
    shown = {cells[0]: cells[2] for cells in found["evaluations"]["tables"][0]["rows"]}
    for name, images in (("dtd", "4 of 1,880"), ("food101", "4 of 25,250")):
        cells = row(table, name)
        assert cells[2] == shown[f"{name} (test)"] != "-"
        assert cells[3:5] == ["-", images]
        assert f"{images} images" in cells[5]
        assert cells[6].startswith("k.json, fp32")
    assert row(table, "average")[2] == "-"


def test_retrieval_on_the_toys_captions_reaches_the_page(runs: Path, tmp_path: Path):
    folder = tmp_path / "data/toy/retrieval"
    write_captions(folder / "karpathy.json", folder / "images")
    options = ["--dataset", "toy", "--data-root", tmp_path / "data"]
    evaluate(retrieval, runs / "half", "r.json", *options)
    (table,) = sections(runs)["evaluations"]["tables"]
    assert table["caption"] == "half: r.json, retrieval"
    assert [cells[1] for cells in table["rows"]] == ["tr_r1", "tr_r5", "tr_r10", "ir_r1", "ir_r5",
                                                     "ir_r10"]  # fmt: skip
    assert table["rows"][0][3].startswith("4")


def test_probe_reaches_the_page(runs: Path, imagenet: Path):
    folder = imagenet / "in1k/val"
    evaluate(probe, runs / "half", "p.json", "--train", folder, "--test", folder)
    (table,) = sections(runs)["evaluations"]["tables"]
    assert table["caption"] == "half: p.json, probes"
    assert table["rows"][0][1] == "linear probe"
