"""Section C's recipes, line by line: shipped configs conform, and each deviation is found."""

import json
from pathlib import Path

import pytest
from mmengine.config import Config

import iclip.openmmlab  # noqa: F401  (before the frameworks' configs)
from tests.support.run_folder import DETECTION, row, sections, write_run

pytestmark = pytest.mark.usefixtures("without_plots")


def test_section_c_line_by_line(tmp_path: Path):
    write_run(tmp_path / "det", DETECTION, {"lvis/AP": 30.0, "lvis/APr": 20.0, "lvis/APc": 30.0,
                                            "lvis/APf": 35.0})  # fmt: skip
    start = {"started": "x", "processes": 8, "commit": "abc", "seed": 0}
    (tmp_path / "det/provenance.json").write_text(json.dumps([start]))
    section = sections(tmp_path)["section-c"]
    lines = {cells[0]: cells[1:] for cells in section["tables"][1]["rows"]}
    assert lines["categories"] == ["1,203", "1,203", "conforms", "paper"]
    assert lines["epochs"] == ["24", "12", "differs", "paper"]
    assert lines["shorter side in training"] == ["480 x 800", "480 x 800", "conforms", "paper"]
    assert lines["batch"] == ["16", "16", "conforms", "public"]
    assert lines["score threshold"] == ["0.0001", "not stated", "unknown", "public"]
    assert "rare 20.0, common 30.0, frequent 35.0" in section["figures"][0]["alt"]


SHIPPED = [
    "lvis_frcnn_2x", "lvis_frcnn_swint_2x", "ade20k_maskformer_160k",
    "ade20k_maskformer_swint_160k", "k400_video_swin_30e", "k400_video_swin_swint_30e",
]  # fmt: skip


@pytest.fixture(scope="module")
def shipped() -> dict[str, str]:
    return {name: Config.fromfile(f"downstream/{name}.py").pretty_text for name in SHIPPED}


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_configs_conform_to_section_c(name: str, shipped, tmp_path: Path):
    write_run(tmp_path / name, shipped[name], {})
    start = {"started": "x", "processes": 8}
    (tmp_path / name / "provenance.json").write_text(json.dumps([start]))
    _, recipe = sections(tmp_path)["section-c"]["tables"]
    assert {cells[0]: cells[3] for cells in recipe["rows"] if cells[3] != "conforms"} == {}


@pytest.mark.parametrize(
    ("name", "old", "new", "line"),
    [
        ("ade20k_maskformer_160k", "cat_max_ratio=1.0", "cat_max_ratio=0.75",
         "largest share of a class in a crop"),
        ("ade20k_maskformer_160k", "norm_decay_mult=0.0", "norm_decay_mult=1.0",
         "weight decay of norms, factor"),
        ("ade20k_maskformer_swint_160k", "arch='tiny'", "arch='base'", "crop (Swin-B)"),
        ("lvis_frcnn_2x", "drop_path_rate=0.3", "drop_path_rate=0.2", "drop path"),
        ("lvis_frcnn_2x", "type='RandomFlip'", "type='RandomCrop'", "crops in training"),
        ("k400_video_swin_swint_30e", "drop_path_rate=0.1", "drop_path_rate=0.2", "drop path"),
        ("k400_video_swin_swint_30e", "lr=0.001", "lr=0.0003", "learning rate"),
        ("k400_video_swin_30e", "type='ThreeCrop'", "type='CenterCrop'", "three test crops"),
    ],
)  # fmt: skip
def test_deviation_from_a_recipe_is_found(
    name: str, old: str, new: str, line: str, shipped, tmp_path: Path
):
    assert old in shipped[name]
    write_run(tmp_path / name, shipped[name].replace(old, new), {})
    _, recipe = sections(tmp_path)["section-c"]["tables"]
    assert row(recipe, line)[3] == "differs"
