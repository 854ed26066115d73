"""A difference from the paper is taken only where the score was measured as the row's."""

from dataclasses import replace
from pathlib import Path

import pytest

from iclip.report.paper_protocol import paper_tables
from iclip.results import RETRIEVAL, Retrieval, SetResult, save_result
from tests.support.paper_runs import CLIP, SETS, conforming, table_3, write_half
from tests.support.run_folder import (
    row,
    sections,
    zero_shot,
)

pytestmark = pytest.mark.usefixtures("without_plots")


def test_twelve_conforming_sets_have_differences_and_an_average(tmp_path: Path):
    save_result(tmp_path / "clip" / "a.json", zero_shot(CLIP, "kornblith12", conforming(80.0)))
    table = table_3(tmp_path, "CLIP-ViT-B/16")
    paper = dict(zip(SETS, paper_tables()["table_3"]["rows"][0][1:-1], strict=True))
    for name in SETS:
        cells = row(table, name.replace("_", " "))
        assert cells[1:6] == [f"{paper[name]:.1f}", "80.0", f"{80 - paper[name]:+.1f}",
                              "100 of 100", "-"]  # fmt: skip
        assert cells[7:] == ["the row's own weights: no seeds", "-"]
    assert row(table, "average")[2:4] == ["80.0", f"{80 - 68.8:+.1f}"]


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


def test_result_with_the_runs_checkpoint_reaches_table_1(tmp_path: Path):
    write_half(tmp_path / "runs/half", {})
    (tmp_path / "runs/half/latest.pth").write_bytes(b"")
    result = {"imagenet1k": {"value": 46.0, "images": 50_000, "expected": 50_000,
                             "protocol": "imagenet1k/val"}}  # fmt: skip
    model = str(tmp_path / "runs/half/latest.pth")
    save_result(tmp_path / "elsewhere" / "r.json", zero_shot(model, "imagenet1k", result))
    cells = row(sections(tmp_path)["paper"]["tables"][0], "50 : 50  iCLIP, IN-1K")
    assert cells[2:6] == ["46.0", "+0.1", "50,000 of 50,000", "-"]


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
