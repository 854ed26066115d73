"""A model's scores beside clip_benchmark's."""

import json
from pathlib import Path

import pytest

from iclip.benchmarks.peers import clip_benchmark as peer
from iclip.commands import benchmark
from iclip.commands.command_line import main
from tests.support.measured_rows import options


@pytest.fixture
def data_root(photos: Path, tmp_path: Path) -> Path:
    """Fifteen photos in the toy's places: three classes for one set, captions for retrieval."""
    lines = [{"id": f"n{i}", "names": [f"class {i}"], "description": ""} for i in (1, 2, 3)]
    (tmp_path / "toy/labelled").mkdir(parents=True)
    (tmp_path / "toy/labelled/val").symlink_to(photos)
    table = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "toy/class_texts_seen.jsonl").write_text(table)
    (tmp_path / "toy/retrieval").mkdir()
    (tmp_path / "toy/retrieval/images").symlink_to(photos)
    images = [
        {"filepath": file.parent.name, "filename": file.name, "split": "test",
         "sentences": [{"raw": f"{word} {i}"} for word in ("one", "two", "three", "four", "five")]}
        for i, file in enumerate(sorted(photos.rglob("*.png")))
    ]  # fmt: skip
    (tmp_path / "toy/retrieval/karpathy.json").write_text(json.dumps({"images": images}))
    return tmp_path


@pytest.fixture
def given(data_root: Path) -> list[str]:
    return ["parity", "--data-root", str(data_root), "--suite", "toy", "--datasets", "seen"]


def test_every_score_is_compared(tiny_name: str, given: list[str], capsys) -> None:
    assert main(benchmark, [*given, tiny_name, "--retrieval", "toy", "--markdown"]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")][2:]
    names = [row.split(" | ")[1] for row in rows]
    assert names[:2] == ["top-1", "mean per class"]
    assert sorted(names[2:]) == ["ir_r1", "ir_r10", "ir_r5", "tr_r1", "tr_r10", "tr_r5"]
    assert all(row.split(" | ")[3] == row.split(" | ")[4] for row in rows)


@pytest.mark.parametrize("score", [101.0, float("nan")])
def test_difference_is_an_error(
    score: float,
    tiny_name: str,
    given: list[str],
    capsys,
    monkeypatch,
) -> None:
    monkeypatch.setattr(peer, "classify", lambda *_: {"top-1": score})
    assert main(benchmark, [*given, tiny_name]) == 1
    assert "not equal: seen, top-1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["model"], "nothing to compare: give --suite, --retrieval or both"),
        (["--suite", "toy"], "MODEL is not given: a checkpoint, or open_clip:NAME:WEIGHTS"),
    ],
)
def test_model_and_data_are_needed(arguments: list[str], message: str, capsys) -> None:
    assert main(benchmark, ["parity", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_absent_data_are_named(tiny_name: str, tmp_path: Path, capsys) -> None:
    given = ["parity", tiny_name, "--suite", "toy", "--data-root", str(tmp_path)]
    assert main(benchmark, given) == 2
    assert "--suite toy: nothing to compare" in capsys.readouterr().err


def test_tiny_form_compares_both_metrics() -> None:
    args = options("parity", "--tiny")
    rows = list(args.measurement.rows(args))
    assert [row.cells["metric"] for row in rows] == ["top-1", "mean per class"]
    assert args.measurement.failure(rows) is None
