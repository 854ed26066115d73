"""A score that was not measured as the row of the paper is shown with its causes."""

import json
from pathlib import Path
from typing import Any

import pytest

from iclip.results import Unread, UnreadImages, save_result
from tests.support.paper_runs import CLIP, conforming, table_3, write_half
from tests.support.run_folder import (
    SAMPLES,
    measured,
    pretraining,
    row,
    sections,
    write_run,
    write_test,
    zero_shot,
)

pytestmark = pytest.mark.usefixtures("without_plots")


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"precision": "bf16"}, "precision bf16, not fp32"),
        (
            {"data": [{"names": ["imagenet1k"], "samples": 12, "place": "in1k/val"}]},
            "12 of 50,000 images",
        ),
        (
            {"data": [{"names": ["imagenet1k"], "samples": 50_000, "place": "other"}]},
            "image size ?, not 224",
        ),
    ],
)
def test_validation_measured_otherwise_is_shown_and_not_subtracted(
    changes: dict[str, Any], cause: str, tmp_path: Path
):
    write_half(tmp_path / "half", {"imagenet1k/top1": 44.4}, **changes)
    first = sections(tmp_path)["paper"]["tables"][0]
    cells = row(first, "50 : 50  iCLIP, IN-1K")
    assert cells[1:4] == ["45.9", "44.4", "-"]
    assert cause in cells[5]


def test_validation_of_an_earlier_version_is_shown_and_not_subtracted(tmp_path: Path):
    write_run(tmp_path / "half", pretraining(), {"imagenet1k/top1": 44.4}, samples_seen=SAMPLES)
    cells = row(sections(tmp_path)["paper"]["tables"][0], "50 : 50  iCLIP, IN-1K")
    assert cells[2:4] == ["44.4", "-"]
    assert cells[5].startswith("protocol not recorded")


@pytest.mark.parametrize(
    ("result", "settings", "cause"),
    [
        ({"images": 12, "expected": 25_250}, {}, "12 of 25,250 images"),
        ({"deviations": ("prompts of --template",)}, {}, "prompts of --template"),
        ({"protocol": "sun397/all"}, {}, "protocol sun397/all, not kornblith12/food101"),
        ({"metric": "mean_per_class"}, {}, "measured as mean_per_class, not top1"),
        ({"expected": None}, {}, "number of images not recorded"),
        ({"descriptions": "a.jsonl"}, {}, "class texts: name and description, not name"),
        ({}, {"precision": "bf16"}, "precision bf16, not fp32"),
        ({}, {"image_size": 336}, "image size 336, not 224"),
    ],
)
def test_result_measured_otherwise_is_shown_with_its_cause_and_not_subtracted(
    result: dict[str, Any], settings: dict[str, Any], cause: str, tmp_path: Path
):
    results = conforming()
    results["food101"] |= result
    save_result(tmp_path / "r" / "x.json", zero_shot(CLIP, "kornblith12", results, **settings))
    table = table_3(tmp_path, "CLIP-ViT-B/16")
    cells = row(table, "food101")
    assert cells[2:4] == ["80.0", "-"]
    assert cause in cells[5]
    conform = 0 if settings else 11
    assert row(table, "average")[2:4] == ["80.0", "-"]
    assert row(table, "average")[5] == f"{conform} of 12 sets conform"


def test_broken_and_missing_images_stand_beside_the_score(tmp_path: Path):
    unread = UnreadImages(Unread(3, ("a",)), Unread(2))
    results = {"food101": {"value": 50.0, "images": 95, "unread": unread}}
    save_result(tmp_path / "r" / "x.json", zero_shot(CLIP, "kornblith12", results))
    words = "95 of 100, 3 broken, 2 missing"
    assert row(table_3(tmp_path, "CLIP-ViT-B/16"), "food101")[4] == words
    assert sections(tmp_path)["evaluations"]["tables"][0]["rows"][0][3] == words
    assert sections(tmp_path)["overview"]["tables"][0]["rows"][0][2] == f"food101: {words}"


@pytest.mark.parametrize("model", [CLIP, "work_dirs/another/latest.pth", "/else/where.pth"])
def test_result_of_another_model_in_the_runs_folder_is_not_the_runs(model: str, tmp_path: Path):
    write_half(tmp_path / "half", {})
    result = {"imagenet1k": {"value": 46.0, "protocol": "imagenet1k/val"}}
    save_result(tmp_path / "half" / "r.json", zero_shot(model, "imagenet1k", result))
    cells = row(sections(tmp_path)["paper"]["tables"][0], "50 : 50  iCLIP, IN-1K")
    assert cells[2] == "-"


def test_result_of_an_earlier_checkpoint_is_not_subtracted(tmp_path: Path):
    write_half(tmp_path / "half", {})
    content = zero_shot("half/iter_5.pth", "imagenet1k",
                        {"imagenet1k": {"value": 46.0, "protocol": "imagenet1k/val"}},
                        samples_seen=SAMPLES // 4)  # fmt: skip
    save_result(tmp_path / "half" / "r.json", content)
    cells = row(sections(tmp_path)["paper"]["tables"][0], "50 : 50  iCLIP, IN-1K")
    assert cells[3] == "-"
    assert "a checkpoint at 25% of the run's samples" in cells[5]


def test_a_test_in_32_bits_comes_before_the_validation_in_16(tmp_path: Path):
    write_half(tmp_path / "half", {"imagenet1k/top1": 44.0}, precision="bf16")
    write_test(tmp_path / "half", {"imagenet1k/top1": 45.0}, measured=measured(),
               samples_seen=SAMPLES)  # fmt: skip
    cells = row(sections(tmp_path)["paper"]["tables"][0], "50 : 50  iCLIP, IN-1K")
    assert cells[2:4] == ["45.0", "-0.9"]
    assert "also 44.0 (validation in training)" in cells[6]


@pytest.mark.parametrize(("method", "difference"), [("ICLIP", "+0.1"), ("CLIP", "-")])
def test_descriptions_may_follow_names_for_iclip_alone(
    method: str, difference: str, tmp_path: Path
):
    ratio = "(50, 50)" if method == "ICLIP" else "(0, 100)"
    config = pretraining(method, ratio)
    if method == "CLIP":
        config = config.replace("labelled=dict(root='data/in21k/images'), ", "")
    write_run(tmp_path / "run", config, {}, samples_seen=SAMPLES, measured=measured())
    paper = 45.9 if method == "ICLIP" else 30.1
    result = {"value": paper + 0.1, "protocol": "imagenet1k/val", "descriptions": "a.jsonl"}
    content = zero_shot("run/latest.pth", "imagenet1k", {"imagenet1k": result})
    save_result(tmp_path / "run" / "r.json", content)
    first = sections(tmp_path)["paper"]["tables"][0]
    cells = next(cells for cells in first["rows"] if "IN-1K" in cells[0] and cells[2] != "-")
    assert cells[3] == difference


def test_file_of_an_earlier_version_stands_apart(tmp_path: Path):
    old = {"model": CLIP, "suite": "kornblith12", "missing": [],
           "results": {"food101": {"value": 89.0, "metric": "top-1", "split": "test",
                                   "images": 25_250, "broken": []}}}  # fmt: skip
    (tmp_path / "zeroshot.json").write_text(json.dumps(old))
    cells = row(table_3(tmp_path, "CLIP-ViT-B/16"), "food101")
    assert cells[2:4] == ["89.0", "-"]
    assert cells[5].startswith("protocol not recorded")
    (table,) = sections(tmp_path)["evaluations"]["tables"]
    assert "Protocol not recorded" in table["note"]
    assert table["rows"][0][4] == "not recorded"
