"""What is damaged in a run's folder is listed as a problem, and the rest is shown."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

import iclip.openmmlab  # noqa: F401  (before the frameworks' configs)
from iclip.report.run_folders import find_runs
from iclip.results import ClassScores, save_result
from iclip.results.json_values import MAX_BYTES
from tests.support.class_files import VIDEO, write_classes
from tests.support.run_folder import (
    pretraining,
    problems,
    sections,
    write_run,
    write_test,
    zero_shot,
)

pytestmark = pytest.mark.usefixtures("without_plots")

# As the first version of the record had it.
RESULT = {
    "schema": "iclip.result/1", "kind": "zero-shot", "model": "a.pth", "suite": "kornblith12",
    "results": {
        "dtd": {"value": 50.0, "images": 4, "deviations": ["a"], "templates": ["a {}."]},
        "food101": {"value": 60.0, "unread": {"broken": {"count": 1, "names": ["a"]}}},
    },
}  # fmt: skip


def damaged(folder: Path, name: str, content: str | bytes) -> list[str]:
    """Problems of a run with one damaged file beside one that is whole."""
    write_run(folder / "whole", pretraining(data="toy/"), {"seen/top1": 50.0})
    write_run(folder / "damaged", pretraining(data="toy/"), {"seen/top1": 51.0})
    file = folder / "damaged" / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = sections(folder)
    shown = {cells[0]: cells[1] for cells in found["overview"]["tables"][0]["rows"]}
    assert shown.keys() == {"whole", "damaged"} and shown["whole"] == "seen/top1 50.0"
    listed = found["provenance"]["tables"][-1]["rows"]
    return [what for name, what in listed if name == "damaged"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("metrics.json", "null", "metrics.json: holds null, not a run's scores"),
        ("metrics.json", "[]", "metrics.json: holds a list of 0, not a run's scores"),
        ("metrics.json", '{"metrics": {"a": 1.', "metrics.json: cannot be read"),
        ("metrics.json", '{"iteration": 1, "metrics": null}', "null stands where a mapping should"),
        ("metrics.json", '{"iteration": 1, "metrics": [1]}', "[1] stands where a mapping should"),
        ("metrics.json", '{"iteration": 1, "metrics": {"a": "0.5"}}',
         "metrics.json: a is '0.5', not a finite number"),
        ("metrics.json", '{"iteration": 1, "metrics": {"a": NaN}}',
         "metrics.json: a is nan, not a finite number"),
        ("metrics.json", '{"iteration": 1, "metrics": {"a": true}}', "a is True, not a finite"),
        ("metrics.json", '{"metrics": {}}'.encode("utf-16-le"), "it is UTF-16 without a byte"),
        ("metrics.json", b'{"metrics": {"gr\xfcn": 1}}', "not UTF-8: line 1 holds the byte 0xFC"),
        ("metrics.json", "[" * 100_000, "metrics.json: cannot be read"),
        ("provenance.json", "{", "provenance.json: cannot be read"),
        ("provenance.json", "{}", "provenance.json: holds a mapping with nothing, not a list of"),
        ("provenance.json", '[1, {"started": "x", "hardware": 3}]', "entry 1 is 1, not a start"),
        ("test_results.json", '[null, {"tested": "x", "metrics": 3}]', "entry 1 is null, not a"),
        ("test_results.json", '[{"tested": "x", "metrics": 3}]', "test 1: 3 stands where a"),
        ("zeroshot.json", "3", "zeroshot.json: holds 3, not a result of an evaluation"),
        ("data.json", '{"a": 1}', "data.json: a: not a summary of data"),
        ("data.json", '{"train": {"reader": "x", "place": "y"}}', "train: not a summary of data"),
        ("notes.json", "{", "notes.json: cannot be read"),
    ],
)  # fmt: skip
def test_malformed_file_is_a_problem_and_the_rest_is_shown(
    name: str, content: str | bytes, told: str, tmp_path: Path
):
    assert any(told in what for what in damaged(tmp_path, name, content))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"results": None}, "r.json: results: null stands where a mapping should"),
        ({"results": {"dtd": None, "food101": {"value": 60.0}}}, "r.json: dtd: null stands where"),
        ({"results": {"dtd": {"value": "50"}, "food101": {"value": 60.0}}},
         "r.json: dtd: top1 is '50', not a percentage"),
        ({"results": {"dtd": {"value": float("nan")}, "food101": {"value": 60.0}}},
         "r.json: dtd: top1 is nan, not a percentage"),
        ({"results": {"dtd": {"value": 101}, "food101": {"value": 60.0}}},
         "dtd: top1 is 101, not a percentage"),
        ({"missing": ["dtd: data/dtd: no such folder"]}, "r.json: not evaluated: dtd: data/dtd"),
    ],
)  # fmt: skip
def test_malformed_result_is_a_problem_and_its_other_data_sets_are_shown(
    change: dict[str, Any], told: str, tmp_path: Path
):
    (tmp_path / "r.json").write_text(json.dumps(RESULT | change))
    (tmp_path / "metrics.json").write_text('{"iteration": 3, "metrics": {"a": 1.0}}')
    found = sections(tmp_path)
    assert any(told in what for _, what in found["provenance"]["tables"][-1]["rows"])
    tables = found.get("evaluations", {"tables": []})["tables"]
    shown = {cells[0].split(" ")[0] for table in tables for cells in table["rows"]}
    assert ("food101" in shown) == (change.get("results", {}) is not None)


def test_result_in_utf_16_with_its_mark_is_read(tmp_path: Path):
    (tmp_path / "r.json").write_text(json.dumps(RESULT), encoding="utf-16")
    (run,) = find_runs([tmp_path])
    (result,) = run.results.values()
    assert result.metrics == {"dtd/top1": 50.0, "food101/top1": 60.0}


def test_too_large_a_file_is_a_problem(tmp_path: Path):
    write_run(tmp_path / "run", pretraining(), {"a": 1.0})
    with open(tmp_path / "run/big.json", "wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert ["run", "big.json: not read: larger than 64 MiB"] in problems(tmp_path)


def test_results_are_found_by_content_whatever_their_name(tmp_path: Path):
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "deep/er/my notes.json").write_text(json.dumps(RESULT))
    (tmp_path / "deep/unrelated.json").write_text('{"a": 1}')
    (run,) = find_runs([tmp_path])
    assert run.name == "deep/er"
    (result,) = run.results.values()
    assert [part.name for part in result.sets] == ["dtd", "food101"]


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("not python (", "config.py"),
        ("a = 1\0", "config.py"),
        ("a = " + "(" * 10_000, "config.py"),
        ("a = '\udcff'", "config.py"),
    ],
)
def test_config_that_cannot_be_read_is_a_problem(config: str, told: str, tmp_path: Path):
    write_run(tmp_path / "run", "", {"a": 1.0})
    dump = tmp_path / "run/20260101_000000/vis_data/config.py"
    dump.write_bytes(config.encode(errors="surrogateescape"))
    assert any(told in what and "not a dumped config" in what for _, what in problems(tmp_path))


def test_log_lines_that_are_cut_or_not_finite_are_counted(tmp_path: Path):
    write_run(tmp_path / "run", pretraining(), {"a": 1.0})
    scalars = tmp_path / "run/20260101_000000/vis_data/scalars.json"
    more = '{"loss": NaN, "step": 150}\n{"loss": Infinity, "step": 200}\n{"train/loss": 1.'
    scalars.write_text(scalars.read_text() + more)
    told = [what for _, what in problems(tmp_path)]
    assert "20260101_000000/scalars.json: 1 line cut or damaged" in told
    assert "20260101_000000/scalars.json: 2 logged values not finite" in told
    assert "nan" not in sections(tmp_path)["curves"]["figures"][0]["alt"]


def test_run_that_was_not_validated_says_so(tmp_path: Path):
    write_run(tmp_path / "partial", pretraining())
    told = [what for _, what in problems(tmp_path)]
    assert "metrics.json: not there; the run has not been validated yet" in told


ODD = (None, [], {}, "x", float("nan"), -1, True, [None], {"a": None}, 10**400)


def places(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON content."""
    yield path
    entries = content.items() if isinstance(content, dict) else ()
    entries = enumerate(content) if isinstance(content, list) else entries
    for key, value in entries:
        yield from places(value, (*path, key))


def changed(content: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = dict(content) if isinstance(content, dict) else list(content)
    copy[path[0]] = changed(content[path[0]], path[1:], value)
    return copy


@pytest.mark.parametrize(
    "name", ["metrics.json", "provenance.json", "test_results.json", "per_class.json",
             "results.json", "first_version.json", "data.json"]
)  # fmt: skip
def test_no_value_at_any_place_of_a_file_ends_the_report(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("iclip.report.overview_section.MOST_ROWS", 1000)
    run = tmp_path / "run"
    write_classes(run, {"left": 75.0, "right": 50.0}, VIDEO, confusion=[[3, 1], [2, 2]],
                  undecided=[0, 1])  # fmt: skip
    write_test(run, {"acc/top1": 0.5}, [4, 3])
    per_class = ClassScores.from_confusion(("a", "b"), ((1, 2), (3, 4)), (0, 1))
    seen = {"seen": {"value": 1.0, "per_class": per_class}}
    save_result(run / "results.json", zero_shot("a.pth", "toy", seen))
    (run / "first_version.json").write_text(json.dumps(RESULT))
    start = {"started": "x", "processes": 8, "hardware": {"gpus": ["H"]}, "versions": {"a": "1"},
             "data": {"a": "b"}}  # fmt: skip
    (run / "provenance.json").write_text(json.dumps([start]))
    summary = {"reader": "A", "place": "b", "counts": {"images": 1}, "notes": ["n"],
               "left_out": [{"what": "x", "count": 1, "example": "y"}]}  # fmt: skip
    (run / "data.json").write_text(json.dumps({"train": summary}))
    whole = json.loads((tmp_path / "run" / name).read_text())
    for number, path in enumerate(places(whole)):
        shutil.copytree(tmp_path / "run", tmp_path / f"run{number}")
        content = changed(whole, path, ODD[number % len(ODD)])
        (tmp_path / f"run{number}" / name).write_text(json.dumps(content))
    found = sections(tmp_path)
    listed = {cells[0] for cells in found["overview"]["tables"][0]["rows"]}
    assert listed == {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    "name",
    ["configs/micro/iclip", "downstream/lvis_frcnn_2x", "downstream/ade20k_maskformer_160k",
     "downstream/k400_video_swin_30e"],
)  # fmt: skip
def test_no_value_at_any_place_of_a_config_ends_the_report(name: str, tmp_path: Path):
    whole = Config.fromfile(f"{name}.py").to_dict()
    odd = [value for value in ODD if value is None or not isinstance(value, float | int)]
    chosen = [path for path in places(whole) if path][:: 1 + len(list(places(whole))) // 60]
    for number, path in enumerate(chosen):
        content = changed(whole, path, odd[number % len(odd)])
        dump = "".join(f"{key} = {value!r}\n" for key, value in content.items())
        write_run(tmp_path / f"run{number}", dump, {"mIoU": 1.0, "acc/top1": 0.5, "lvis/AP": 2.0})
    found = find_runs([tmp_path])
    assert len(found) == len(chosen) > 30
    assert not [what for run in found for what in run.problems if "config" in what]
    assert "overview" in sections(tmp_path)


def test_kept_best_is_shown_and_not_the_last_validation(tmp_path: Path):
    write_classes(tmp_path, {"a": 10.0, "b": 20.0})
    for name in ("metrics.json", "per_class.json"):
        content = json.loads((tmp_path / name).read_text())
        if name == "metrics.json":
            content |= {"iteration": 40, "metrics": {"mIoU": 33.0}}
        else:
            content["classes"][0]["value"] = 46.0
        (tmp_path / f"best_{name}").write_text(json.dumps(content))
    (run,) = find_runs([tmp_path])
    assert run.metrics == {"mIoU": 33.0} and run.evaluation.settings.iteration == 40
    assert [entry.value for entry in run.classes.classes] == [46.0, 20.0]


def test_damaged_best_is_a_problem_and_the_last_validation_is_shown(tmp_path: Path):
    write_classes(tmp_path, {"a": 10.0, "b": 20.0})
    (tmp_path / "best_metrics.json").write_text("[]")
    (tmp_path / "best_per_class.json").write_text("{")
    (run,) = find_runs([tmp_path])
    assert run.metrics == {"mIoU": 1.0}
    assert [entry.value for entry in run.classes.classes] == [10.0, 20.0]
    assert any("best_metrics.json: holds a list of 0" in problem for problem in run.problems)
