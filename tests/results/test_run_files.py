"""Files in a run's folder: what hooks write is read back, and damage is named."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from iclip.results import Provenance, Result, SetResult, Settings, load_validation
from iclip.results.run_files import (
    is_test,
    is_validation,
    json_of_test,
    json_of_validation,
    read_run_result,
    save_json,
    sets_of,
)

TEST = Result(
    kind="video",
    sets=(
        SetResult(("seen", "seen_head"), {"seen/top1": 1.0, "seen_head/top1": 2.0}, 5, place="a"),
        SetResult(("coco",), {"coco/ir_r1": 3.0}, 9, place="b.json"),
    ),
    settings=Settings(
        checkpoint="ab" * 32, iteration=7, samples_seen=896, precision="bf16",
        loader="test_dataloader", views=(4, 3), augmentation="mirrored", processes=2,
    ),
    provenance=Provenance("2026-01-01T00:00:00+00:00", "test.py a b", "0.1", "run/latest.pth"),
)  # fmt: skip


def through_json(content: object) -> dict[str, object]:
    return json.loads(json.dumps(content))


def test_a_test_is_read_back():
    problems: list[str] = []
    content = through_json(json_of_test(TEST))
    assert is_test(content) and not is_validation(content)
    assert read_run_result("x", content, problems) == TEST
    assert problems == []


def test_a_validation_is_read_back():
    validation = replace(
        TEST, settings=replace(TEST.settings, checkpoint=None), provenance=Provenance()
    )
    content = through_json(json_of_validation(validation))
    assert is_validation(content) and not is_test(content)
    assert read_run_result("x", content, []) == validation


def test_a_file_without_a_schema_is_read(tmp_path: Path):
    (tmp_path / "metrics.json").write_text('{"iteration": 3, "metrics": {"mIoU": 41.0}}')
    result = load_validation(tmp_path / "metrics.json")
    assert (result.settings.iteration, result.metrics) == (3, {"mIoU": 41.0})
    assert (result.recorded, result.settings.loader) == (False, "val_dataloader")


def test_a_score_that_was_not_finite_is_written_as_null_and_left_out(tmp_path: Path):
    scores = {"a": float("nan"), "b": float("inf"), "c": 1.0}
    save_json(tmp_path / "x.json", json_of_validation(Result("", (SetResult((), scores),))))
    written = json.loads((tmp_path / "x.json").read_text())
    assert written["metrics"] == {"a": None, "b": None, "c": 1.0}
    assert load_validation(tmp_path / "x.json").metrics == {"c": 1.0}


def test_scores_that_a_file_spells_as_not_finite_are_left_out(tmp_path: Path):
    metrics = '{"iteration": 3, "metrics": {"seen/top1": null, "a": NaN, "retrieval/ir_r1": 5.0}}'
    (tmp_path / "metrics.json").write_text(metrics)
    result = load_validation(tmp_path / "metrics.json")
    assert (result.settings.iteration, result.metrics) == (3, {"retrieval/ir_r1": 5.0})


@pytest.mark.parametrize(
    "content",
    ["null", "[", "{}", '{"iteration": 3, "metrics": null}', '{"iteration": 3, "metrics": [1]}',
     '{"iteration": 3, "metrics": {"seen/top1": "high"}}', '{"iteration": null, "metrics": {}}'],
)  # fmt: skip
def test_a_damaged_file_is_named_with_what_to_do(content: str, tmp_path: Path):
    file = tmp_path / "metrics.json"
    file.write_text(content)
    with pytest.raises(ValueError, match=r"metrics\.json does not hold a run's scores .*Remove it"):
        load_validation(file)


LOADERS = [
    {"names": ["seen", "seen_head"], "samples": 5, "place": "a"},
    {"names": ["coco"], "samples": 9, "place": "b"},
]


def test_each_score_belongs_to_the_data_set_that_its_name_begins_with():
    metrics = {"seen/top1": 1.0, "coco/ir_r1": 2.0, "seen_head/top1": 3.0}
    seen, coco = sets_of(metrics, LOADERS)
    assert seen.scores == {"seen/top1": 1.0, "seen_head/top1": 3.0} and seen.images == 5
    assert coco.scores == {"coco/ir_r1": 2.0} and coco.place == "b"


def test_a_score_of_no_data_set_stands_apart():
    *_, apart = sets_of({"seen/top1": 1.0, "mIoU": 2.0}, LOADERS)
    assert (apart.scores, apart.images) == ({"mIoU": 2.0}, None)


def test_all_scores_of_one_loader_are_its_own():
    (part,) = sets_of({"mIoU": 2.0}, [{"names": [], "samples": 2, "place": None}])
    assert (part.scores, part.images) == ({"mIoU": 2.0}, 2)
