"""Every score of a run, for programs: value in percent, what it counts, and its protocol."""

import json
from pathlib import Path

from iclip.report.run_reader import read_run
from iclip.report.run_scores import scores_of, shown_scores
from iclip.results import save_result
from tests.support.run_folder import VIDEO, measured, write_run, write_test, zero_shot


def test_scores_are_in_percent_and_carry_counts_and_views(tmp_path: Path):
    data = [{"names": ["acc"], "samples": 48, "place": "val.txt"}]
    write_run(tmp_path, VIDEO, {"acc/top1": 0.4167}, measured=measured(views=[1, 1], data=data))
    entry = {"reader": "V", "place": "val.txt", "counts": {"videos": 48}, "left_out": [],
             "notes": []}  # fmt: skip
    (tmp_path / "data.json").write_text(json.dumps({"val": entry}))
    (score,) = scores_of(read_run(tmp_path, "r"))
    assert score.as_dict() == {
        "metric": "acc/top1", "value": 41.67, "dataset": "acc", "kind": "validation",
        "source": "validation in training", "how": "1 clip x 1 crop, fp32", "iteration": 100,
        "checkpoint": None, "counted": 48, "whole": 48, "of_what": "videos",
        "counted_in_words": "48 of 48 videos", "left_out": [], "protocol": None, "deviations": [],
    }  # fmt: skip


def test_average_over_nothing_is_no_score(tmp_path: Path):
    write_run(tmp_path, "", {"lvis/APl": -1.0, "coco/bbox_mAP_l": -1.0, "lvis/AP": 0.0})
    values = {score.metric: score.value for score in scores_of(read_run(tmp_path, "r"))}
    assert values == {"lvis/APl": None, "coco/bbox_mAP_l": None, "lvis/AP": 0.0}


def test_test_comes_before_validation_and_tools_last(tmp_path: Path):
    write_run(tmp_path, VIDEO, {"acc/top1": 0.1})
    write_test(tmp_path, {"acc/top1": 0.2})
    save_result(tmp_path / "z.json", zero_shot("r/latest.pth", "toy", {"acc": {"value": 30.0}}))
    run = read_run(tmp_path, "r")
    found = [(score.kind, score.source, score.value) for score in scores_of(run)]
    assert found == [
        ("test", "tools/test.py", 20.0),
        ("validation", "validation in training", 10.0),
        ("zero-shot", "z.json", 30.0),
    ]
    assert shown_scores(run)["acc/top1"].value == 20.0
    assert [score.checkpoint for score in scores_of(run)] == ["ab" * 32, None, "cd" * 32]


def test_a_test_has_the_protocol_of_its_own_config(tmp_path: Path):
    write_run(tmp_path, VIDEO + "protocol = 'k400-closed-text'\n", {"acc/top1": 0.1})
    write_test(tmp_path, {"acc/top1": 0.2}, measured=measured(protocol="ucf101-zeroshot"))
    write_test(tmp_path, {"acc/top1": 0.3}, measured=measured())
    found = {score.value: score.protocol for score in scores_of(read_run(tmp_path, "r"))}
    assert found == {10.0: "k400-closed-text", 20.0: "ucf101-zeroshot", 30.0: None}
