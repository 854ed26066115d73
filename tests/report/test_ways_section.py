from pathlib import Path

from iclip.results import PROBE, ZERO_SHOT, Probe, Result, SetResult, save_result
from iclip.results.details import Classification, LinearProbe
from tests.support.run_folder import sections, write_run

CONFIG = """
default_scope = 'iclip'
model = dict(type='ImageClassifier', num_classes=2, backbone=dict(arch='tiny'))
"""


def write_results(folder: Path) -> None:
    detail = Probe(probe=LinearProbe(80.0))
    probe = SetResult(("val",), {"val/linear_probe": 80.0}, 10, detail=detail)
    save_result(folder / "linear_probe.json", Result(PROBE, (probe,), model="a.pth"))
    zero = SetResult(("val",), {"val/top1": 55.5}, 10, detail=Classification(classes=2))
    result = Result(ZERO_SHOT, (zero,), model="a.pth", suite="folder")
    save_result(folder / "zero_shot.json", result)


def test_three_ways_stand_in_one_table(tmp_path: Path):
    write_run(tmp_path / "run", CONFIG, {"accuracy/top1": 91.25})
    write_results(tmp_path / "run")
    (table,) = sections(tmp_path)["ways"]["tables"]
    assert table["caption"] == "run: validation images"
    assert [row[:2] for row in table["rows"]] == [
        ["fine-tuning of the whole", "91.2"],
        ["linear probe of the frozen backbone", "80.0"],
        ["zero-shot, by the names of the classes", "55.5"],
    ]


def test_other_runs_have_no_such_table(tmp_path: Path):
    write_run(tmp_path / "alone", CONFIG, {"accuracy/top1": 91.25})
    write_run(tmp_path / "other", "default_scope = 'mmdet'", {"lvis/AP": 30.0})
    write_results(tmp_path / "other")
    assert "ways" not in sections(tmp_path)
