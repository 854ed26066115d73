"""A difference from the paper is taken only where the figure was measured as the row's."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iclip.report.paper_protocol import paper_tables
from iclip.results import RETRIEVAL, Retrieval, SetResult, Unread, UnreadImages, save_result
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

SETS = paper_tables()["table_3"]["columns"][1:-1]
CLIP = "open_clip:ViT-B-16:openai"


def write_half(folder: Path, metrics: dict[str, float], **changes: Any) -> None:
    """A run of Table 1's middle row."""
    write_run(folder, pretraining(), metrics, samples_seen=SAMPLES, measured=measured(**changes))


def conforming(value: float = 80.0) -> dict[str, dict[str, Any]]:
    """Results of Kornblith's twelve."""
    metrics = paper_tables()["evaluation"]["metrics"]
    return {name: {"value": value, "metric": metrics.get(name, "top1")} for name in SETS}


def table_3(folder: Path, model: str) -> dict[str, Any]:
    return next(
        table for table in sections(folder)["paper"]["tables"]
        if table["caption"].startswith("Table 3") and table["caption"].endswith(f": {model}")
    )  # fmt: skip


def test_run_of_the_protocol_stands_beside_the_paper(tmp_path: Path):
    write_half(tmp_path / "half", {"imagenet1k/top1": 44.4, "coco/ir_r1": 16.0})
    first, others, second, *_ = sections(tmp_path)["paper"]["tables"]
    assert row(first, "50 : 50  iCLIP, IN-1K top-1")[1:] == [
        "45.9", "44.4", "-1.5", "50,000 of 50,000", "-", "half, validation in training, fp32",
    ]  # fmt: skip
    assert row(first, "50 : 50  iCLIP, COCO TR")[1:5] == ["27.2", "-", "-", "-"]
    assert row(first, "50 : 50  iCLIP, COCO TR")[5] == "not measured by half"
    assert [cells[0].split(" iCLIP")[0] for cells in others["rows"][3:6]] == ["90 : 10 "] * 3
    assert others["folded"] == "5 rows: no run of this protocol"
    assert row(others, "75 : 25")[1:6] == ["43.9", "-", "-", "-", "no run of this protocol"]
    # Table 2's half-data row has the same protocol.
    assert row(second, "iCLIP, YFCC-14M + IN-21K (half), COCO IR")[1:4] == ["15.5", "16.0", "+0.5"]


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
    ("config", "samples", "why"),
    [
        (pretraining(ratio="(10, 90)"), SAMPLES // 2, "50% of the samples"),
        (pretraining(method="MultiTask"), SAMPLES, "method MultiTask, not"),
        (pretraining(data="data").replace("yfcc14m", "cc3m"), SAMPLES, "data in21k, not"),
        (pretraining().replace("'tiny'", "'small'"), SAMPLES, "image tower small, not tiny"),
    ],
)
def test_run_of_another_protocol_is_never_subtracted(
    config: str, samples: int, why: str, tmp_path: Path
):
    write_run(tmp_path / "other", config, {"imagenet1k/top1": 44.4}, samples_seen=samples)
    *tables, other = sections(tmp_path)["paper"]["tables"]
    assert all(table["folded"].endswith("no run of this protocol") for table in tables)
    assert other["rows"][0][0] == "other"
    assert why in other["rows"][0][1]
    assert "44.4" in other["rows"][0][2]


def test_twelve_conforming_sets_have_differences_and_an_average(tmp_path: Path):
    save_result(tmp_path / "clip" / "a.json", zero_shot(CLIP, "kornblith12", conforming(80.0)))
    table = table_3(tmp_path, "CLIP-ViT-B/16")
    paper = dict(zip(SETS, paper_tables()["table_3"]["rows"][0][1:-1], strict=True))
    for name in SETS:
        cells = row(table, name.replace("_", " "))
        assert cells[1:6] == [f"{paper[name]:.1f}", "80.0", f"{80 - paper[name]:+.1f}",
                              "100 of 100", "-"]  # fmt: skip
    assert row(table, "average")[2:4] == ["80.0", f"{80 - 68.8:+.1f}"]


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


def test_broken_and_missing_images_stand_beside_the_figure(tmp_path: Path):
    unread = UnreadImages(Unread(3, ("a",)), Unread(2))
    results = {"food101": {"value": 50.0, "images": 95, "unread": unread}}
    save_result(tmp_path / "r" / "x.json", zero_shot(CLIP, "kornblith12", results))
    words = "95 of 100, 3 broken, 2 missing"
    assert row(table_3(tmp_path, "CLIP-ViT-B/16"), "food101")[4] == words
    assert sections(tmp_path)["evaluations"]["tables"][0]["rows"][0][3] == words
    assert sections(tmp_path)["overview"]["tables"][0]["rows"][0][2] == f"food101: {words}"


def test_results_of_one_model_are_taken_by_what_they_measured(tmp_path: Path):
    good = zero_shot(CLIP, "kornblith12", {"food101": {"value": 70.0}})
    bad = zero_shot(CLIP, "kornblith12", {"food101": {"value": 90.0, "images": 1}})
    for folder, last in (("one", bad), ("two", good)):
        save_result(tmp_path / folder / "a.json", good if last is bad else bad)
        save_result(tmp_path / folder / "z.json", last)
        cells = row(table_3(tmp_path / folder, "CLIP-ViT-B/16"), "food101")
        assert cells[2] == "70.0"
        assert "also 90.0" in cells[6]


def test_set_of_other_weights_is_not_subtracted(tmp_path: Path):
    results = conforming()
    other = zero_shot(CLIP, "kornblith12", {"dtd": results.pop("dtd")}, weights="99" * 32)
    save_result(tmp_path / "r" / "a.json", zero_shot(CLIP, "kornblith12", results))
    save_result(tmp_path / "r" / "b.json", other)
    cells = row(table_3(tmp_path, "CLIP-ViT-B/16"), "dtd")
    assert cells[3] == "-" and cells[5].startswith("other weights (99999999, not ")


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


def test_result_with_the_runs_checkpoint_reaches_table_1(tmp_path: Path):
    write_half(tmp_path / "runs/half", {})
    (tmp_path / "runs/half/latest.pth").write_bytes(b"")
    result = {"imagenet1k": {"value": 46.0, "images": 50_000, "expected": 50_000,
                             "protocol": "imagenet1k/val"}}  # fmt: skip
    model = str(tmp_path / "runs/half/latest.pth")
    save_result(tmp_path / "elsewhere" / "r.json", zero_shot(model, "imagenet1k", result))
    cells = row(sections(tmp_path)["paper"]["tables"][0], "50 : 50  iCLIP, IN-1K")
    assert cells[2:6] == ["46.0", "+0.1", "50,000 of 50,000", "-"]


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


def test_retrieval_reaches_tables_1_and_2(tmp_path: Path):
    write_half(tmp_path / "half", {})
    scores = {"flickr30k/ir_r1": 32.9, "flickr30k/tr_r1": 50.0}
    part = SetResult(("flickr30k",), scores, 1000, 1000, protocol="flickr30k/karpathy-test-1k",
                     detail=Retrieval(5000, 5000))  # fmt: skip
    result = replace(zero_shot("half/latest.pth", "", {}), kind=RETRIEVAL, sets=(part,))
    save_result(tmp_path / "half" / "flickr.json", result)
    second = sections(tmp_path)["paper"]["tables"][2]
    label = "iCLIP, YFCC-14M + IN-21K (half), Flickr30K"
    assert row(second, f"{label} IR")[1:4] == ["31.9", "32.9", "+1.0"]
    assert row(second, f"{label} TR")[1:4] == ["49.8", "50.0", "+0.2"]


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
