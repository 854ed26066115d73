"""The command that lays a model's scores beside clip_benchmark's."""

import json
from pathlib import Path

import pytest

from iclip.benchmarks.peers import clip_benchmark as peer
from iclip.commands import bench_parity
from iclip.commands.command_line import main


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
def options(data_root: Path) -> list[str]:
    return ["--data-root", str(data_root), "--suite", "toy", "--datasets", "seen"]


def test_every_score_is_compared(tiny_name: str, options: list[str], capsys) -> None:
    assert main(bench_parity, [tiny_name, *options, "--retrieval", "toy"]) == 0
    rows = capsys.readouterr().out.splitlines()[2:]
    names = [row.split(" | ")[1] for row in rows]
    assert names[:2] == ["top-1", "mean per class"]
    assert sorted(names[2:]) == ["ir_r1", "ir_r10", "ir_r5", "tr_r1", "tr_r10", "tr_r5"]
    assert all(row.split(" | ")[3] == row.split(" | ")[4] for row in rows)


def test_difference_is_an_error(tiny_name: str, options: list[str], capsys, monkeypatch) -> None:
    monkeypatch.setattr(peer, "classify", lambda *_: {"top-1": 101.0})
    assert main(bench_parity, [tiny_name, *options]) == 1
    assert "not equal: seen, top-1" in capsys.readouterr().err


def test_nothing_to_compare(tiny_name: str, data_root: Path, capsys) -> None:
    assert main(bench_parity, [tiny_name, "--data-root", str(data_root)]) == 2
    assert "nothing to compare: give --suite, --retrieval" in capsys.readouterr().err
