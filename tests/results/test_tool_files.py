"""Results of the evaluation tools are recognized by what they say, and read back as written."""

import json
from pathlib import Path
from typing import Any

import pytest

from iclip.results import (
    PROBE,
    RETRIEVAL,
    SCHEMA,
    TIE_RULE,
    TOOL_KINDS,
    WORD_MAPS,
    ZERO_SHOT,
    Classification,
    ClassScore,
    ClassScores,
    FewShot,
    LinearProbe,
    Probe,
    Provenance,
    Result,
    Retrieval,
    SetResult,
    Settings,
    Unread,
    UnreadImages,
    WordMaps,
    load_result,
    save_result,
)
from iclip.results.tool_files import is_tool_result

SETTINGS = Settings(
    checkpoint="cd" * 32, weights="ef" * 16, method="ICLIP", samples_seen=7, device="cpu",
    precision="fp32", image_size=224, resize=256, features="projection",
)  # fmt: skip
PROVENANCE = Provenance("2026-01-01T00:00:00+00:00", "zeroshot.py é", "0.1")
UNREAD = UnreadImages(Unread(2, ("a", "b")), Unread(1, ("c",)))
SETS = {
    ZERO_SHOT: SetResult(
        ("dtd",), {"dtd/top1": 62.5}, 8, 10, split="test", protocol="kornblith12/dtd",
        deviations=("8 of 10 images",), notes=("é",), unread=UNREAD, left_out="1 .txt",
        detail=Classification(2, 2, 2, "name", ("a {}.",), "01" * 32, "a.jsonl"),
        per_class=ClassScores.from_confusion(("disc", "star"), ((3, 1), (1, 2)), (0, 1)),
        seconds=1.5,
    ),
    RETRIEVAL: SetResult(
        ("coco",), {"coco/tr_r1": 50.0, "coco/ir_r1": 30.0}, 5, 5,
        detail=Retrieval(25, 25, "karpathy.json"),
    ),
    PROBE: SetResult(
        ("a/test",), {"a/test/linear_probe": 75.0, "a/test/4_shots": 60.0}, 8, 8,
        detail=Probe("a/train", "a/test", 80, 2, LinearProbe(75.0, 70.0, 0.1),
                     {"4": FewShot(60.0, 1.0, (59.0, 61.0))}, "left out: 8"),
    ),
    WORD_MAPS: SetResult(
        ("maps",), {"maps/mIoU": 20.0, "maps/pixel_accuracy": 30.0}, 2, 3,
        protocol="toy-untrained-maps", notes=("words drawn at random: mIoU 10.0",),
        detail=WordMaps(("red disc", "sky"), ("wall",), 1, "simple", "01" * 32, 8),
        per_class=ClassScores("IoU", "pixels", (ClassScore("red disc", 20.0, 9),
                                                ClassScore("sky", None, 0))),
    ),
}  # fmt: skip


def saved(folder: Path, kind: str) -> Result:
    result = Result(
        kind, (SETS[kind],), SETTINGS, PROVENANCE, model="é.pth",
        suite="kornblith12" if kind == ZERO_SHOT else "", not_there=("food101: no such folder",),
    )  # fmt: skip
    save_result(folder / "new/x.json", result)
    return result


@pytest.mark.parametrize("kind", TOOL_KINDS)
def test_what_is_written_is_read_back(kind: str, tmp_path: Path):
    result = saved(tmp_path, kind)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["x.json"]
    assert load_result(tmp_path / "new/x.json") == result


@pytest.mark.parametrize("kind", TOOL_KINDS)
def test_file_says_what_it_is_and_how_equal_scores_count(kind: str, tmp_path: Path):
    saved(tmp_path, kind)
    content = json.loads((tmp_path / "new/x.json").read_text(encoding="utf-8"))
    assert is_tool_result(content)
    assert (content["schema"], content["kind"], content["tie_rule"]) == (SCHEMA, kind, TIE_RULE)
    assert content["metrics"] == SETS[kind].scores


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        (ZERO_SHOT, "metric", "top-1"),
        (ZERO_SHOT, "value", 62.5),
        (RETRIEVAL, "recall", {"tr_r1": 50.0, "ir_r1": 30.0}),
        (PROBE, "value", 75.0),
        (PROBE, "probe", {"top1": 75.0, "validation": 70.0, "C": 0.1}),
        (PROBE, "few_shot", {"4": {"mean": 60.0, "spread": 1.0, "top1": [59.0, 61.0]}}),
    ],
)
def test_keys_of_the_first_version_stay(kind: str, key: str, value: object, tmp_path: Path):
    saved(tmp_path, kind)
    content = json.loads((tmp_path / "new/x.json").read_text(encoding="utf-8"))
    assert content["results"][SETS[kind].name][key] == value


FIRST: dict[str, Any] = {
    "schema": "iclip.result/1", "kind": ZERO_SHOT, "model": "a.pth", "suite": "toy",
    "settings": {"checkpoint": None, "weights": "ab", "precision": "fp32", "iclip_version": "0.1"},
    "results": {
        "seen": {
            "metric": "mean per class", "value": 50.0, "images": 4, "expected": 5,
            "unread": {"broken": {"count": 1, "names": ["x"]}, "missing": {"count": 0}},
            "confusion": {"names": ["a", "b"], "counts": [[1, 1], [0, 1]], "undecided": [0, 1]},
        }
    },
}  # fmt: skip


def load(folder: Path, content: dict[str, Any]) -> Result:
    (folder / "x.json").write_text(json.dumps(content))
    return load_result(folder / "x.json")


def test_file_of_the_first_version_is_read(tmp_path: Path):
    result = load(tmp_path, FIRST)
    (part,) = result.sets
    assert result.metrics == {"seen/mean_per_class": 50.0}
    assert (result.recorded, result.tie_rule, result.settings.weights) == (True, "", "ab")
    assert (part.images, part.expected, part.unread.broken) == (4, 5, Unread(1, ("x",)))
    assert part.per_class is not None
    assert [entry.value for entry in part.per_class.classes] == [50.0, 50.0]


@pytest.mark.parametrize(
    ("content", "kind", "metrics"),
    [
        ({"model": "a", "results": {"dtd": {"value": 5.0, "broken": ["x"]}}}, ZERO_SHOT,
         {"dtd/top1": 5.0}),
        ({"dataset": "coco", "recall": {"ir_r1": 5.0}}, RETRIEVAL, {"coco/ir_r1": 5.0}),
        ({"test": "t", "probe": {"top1": 5.0}, "few_shot": {"4": {"mean": 3.0}}}, PROBE,
         {"t/linear_probe": 5.0, "t/4_shots": 3.0}),
    ],
)  # fmt: skip
def test_file_without_a_schema_is_read(
    content: dict[str, Any], kind: str, metrics: dict[str, float], tmp_path: Path
):
    result = load(tmp_path, content)
    assert (result.kind, result.metrics, result.recorded) == (kind, metrics, False)


@pytest.mark.parametrize(
    "content", [None, [], "x", {}, {"schema": "x", "kind": ZERO_SHOT}], ids=str
)
def test_anything_else_is_not_a_result(content: object, tmp_path: Path):
    assert not is_tool_result(content)
    (tmp_path / "x.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"x\.json is not a result of zero-shot, retrieval, probe"):
        load_result(tmp_path / "x.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"x\.json: cannot be read"),
        (json.dumps(FIRST | {"results": {"seen": {"value": "high"}}}), "top1 is 'high', not a per"),
    ],
)
def test_damaged_file_is_named(text: str, message: str, tmp_path: Path):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(ValueError, match=message):
        load_result(tmp_path / "x.json")
