"""The report's JSON: its keys, which other programs read, stay."""

import json
from pathlib import Path
from typing import Any

import pytest

from iclip.report.page import build_report
from iclip.report.render import to_json
from tests.support.run_folder import VIDEO, measured, write_run

pytestmark = pytest.mark.usefixtures("without_plots")

RUN = {
    "name", "experiment", "task", "toy", "seed", "status", "model", "protocol", "iteration",
    "samples_seen", "commit", "command", "hardware", "data", "scores", "causes", "problems",
}  # fmt: skip
TOP = {
    "schema", "iclip_version", "read", "runs", "experiments", "expected", "anchors", "new_classes",
    "title", "summary", "sections",
}  # fmt: skip
EXPECTED = "expected = {'acc/top1': dict(value=40.0, tolerance=1.0)}\n"


@pytest.fixture
def content(tmp_path: Path) -> dict[str, Any]:
    """The report of a video run with a protocol and an expected score."""
    config = VIDEO + "protocol = 'ucf101-zeroshot'\n" + EXPECTED
    data = [{"names": ["acc"], "samples": 48, "place": "val.txt"}]
    record = measured(views=[1, 1], data=data, protocol="ucf101-zeroshot")
    write_run(tmp_path / "run", config, {"acc/top1": 0.4167}, measured=record)
    start = {"started": "now", "seed": 0, "commit": "abc", "command": "train.py", "hardware": {}}
    (tmp_path / "run/provenance.json").write_text(json.dumps([start]))
    return json.loads(to_json(build_report([tmp_path])))


def test_the_keys_are_those_of_the_page(content: dict[str, Any]):
    page = Path("docs/report.md").read_text(encoding="utf-8")
    assert content.keys() == TOP
    (run,) = content["runs"]
    assert run.keys() == RUN
    for entry in (content, run, run["scores"][0], content["expected"][0], content["anchors"][0]):
        assert all(f"`{key}`" in page for key in entry)


def test_the_values_are_those_of_the_run(content: dict[str, Any]):
    assert content["schema"] == "iclip.report/2"
    (run,) = content["runs"]
    assert (run["task"], run["status"], run["commit"]) == ("video", "evaluated", "abc")
    assert run["model"] == {"type": "Recognizer3D", "arch": "base", "start": "a.pth"}
    assert run["protocol"] == run["scores"][0]["protocol"] == "ucf101-zeroshot"
    (expected,) = content["expected"]
    assert (expected["value"], expected["verdict"]) == (41.67, "outside")
    (anchors,) = content["anchors"]
    assert [entry["value"] for entry in anchors["anchors"]] == [72.0, 76.8, 88.1]
    (experiment,) = content["experiments"]
    assert experiment["scores"]["acc/top1"] == {"mean": 41.67, "spread": None, "runs": 1}


def test_a_malformed_config_is_told_on_the_page_and_is_no_comparison(tmp_path: Path):
    write_run(tmp_path / "run", "expected = 3\ndefault_scope = 'mmseg'\n", {"mIoU": 1.0})
    content = json.loads(to_json(build_report([tmp_path])))
    assert content["expected"] == []
    (told,) = (s["text"] for s in content["sections"] if s["id"] == "expected")
    assert "expected is 3; it takes scores by name" in told[0]
