"""The command line `python tools/build_class_texts.py`."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from iclip.text.class_texts import read_class_texts
from iclip.text.sources.wordnet import WordNet

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(repo_root: Path) -> Run:
    def run_tool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "tools/build_class_texts.py", *map(str, arguments)],
            cwd=repo_root,
            env={**os.environ, "PYTHONPATH": str(repo_root)},
            capture_output=True,
            text=True,
        )

    return run_tool


def test_csv_becomes_a_table(run: Run, tmp_path: Path) -> None:
    source, out = tmp_path / "classes.csv", tmp_path / "new" / "table.jsonl"
    source.write_text("id,name,description\nb,crane,a bird\na,Crane,a machine\n")
    done = run("--csv", source, "--out", out)
    assert done.returncode == 0, done.stderr
    assert read_class_texts(out).ids == ("b", "a")
    assert "crane (b, a)" in done.stdout
    assert f"written to {out}" in done.stdout


def test_names_become_a_table_of_words(run: Run, tmp_path: Path) -> None:
    source, out = tmp_path / "classInd.txt", tmp_path / "ucf101.jsonl"
    source.write_text("1 ApplyEyeMakeup\n2 YoYo\n")
    done = run("--names", source, "--out", out)
    assert done.returncode == 0, done.stderr
    assert [text.names for text in read_class_texts(out)] == [("apply eye makeup",), ("yo yo",)]


def test_missing_entries_stop_the_tool_before_it_writes(
    run: Run, small_wordnet: Path, tmp_path: Path
) -> None:
    source, out, report = tmp_path / "wnids.txt", tmp_path / "t.jsonl", tmp_path / "report.json"
    source.write_text("n01440764\nn00000002\n")
    done = run("--wnids", source, "--out", out, "--json-report", report)
    assert done.returncode == 2
    assert f"1 entries have no text, so {out} was not written" in done.stderr
    assert "--allow-missing" in done.stderr
    assert "    n00000002\n" in done.stdout
    assert not out.exists()
    assert json.loads(report.read_text())["missing"] == ["n00000002"]


def test_allowed_missing_entries_are_left_out_and_listed(
    run: Run, small_wordnet: Path, tmp_path: Path
) -> None:
    source, out = tmp_path / "wnids.txt", tmp_path / "table.jsonl"
    source.write_text("n03126707\nn00000002\nn02012849\n")
    done = run("--wnids", source, "--out", out, "--allow-missing")
    assert done.returncode == 0, done.stderr
    assert "missing from the dictionary: 1\n    n00000002\n" in done.stdout
    assert "crane (n03126707, n02012849)" in done.stdout
    assert read_class_texts(out).ids == ("n03126707", "n02012849")


def test_bad_input_is_one_line_and_no_traceback(run: Run, tmp_path: Path) -> None:
    done = run("--lvis", tmp_path / "nowhere.json", "--out", tmp_path / "table.jsonl")
    assert done.returncode == 2
    assert done.stderr.startswith("\nERROR: --lvis ")
    assert "Traceback" not in done.stderr


def test_sources_exclude_each_other(run: Run, tmp_path: Path) -> None:
    done = run("--csv", "a.csv", "--lvis", "b.json", "--out", tmp_path / "table.jsonl")
    assert done.returncode == 2
    assert "not allowed with argument" in done.stderr


def test_1000_imagenet_folders_get_their_real_texts(
    run: Run, real_data: Path, real_wordnet: WordNet, tmp_path: Path
) -> None:
    out, report = tmp_path / "imagenet.jsonl", tmp_path / "report.json"
    folder = real_data / "imagenet_samples"
    done = run("--wnids", folder, "--out", out, "--json-report", report)
    assert done.returncode == 0, done.stderr
    texts = read_class_texts(out)
    assert texts.ids == tuple(sorted(os.listdir(folder)))
    assert len(texts) == 1000
    assert all(text.description for text in texts)
    # The samples' file names carry each class's first name, from another source.
    for text in texts:
        (photo, *_) = os.listdir(folder / text.id)
        name = Path(photo).stem.removeprefix(f"{text.id}_")
        assert name.replace("_", " ").lower() == text.names[0].lower()
    findings = json.loads(report.read_text())
    assert set(findings["same_name"]) == {"crane", "cardigan", "maillot"}
    assert findings["same_description"] == findings["same_text"] == {}


def test_real_lvis_file_gives_a_text_a_category(run: Run, real_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "lvis.jsonl"
    done = run("--lvis", real_data / "lvis" / "lvis_val_100.json", "--out", out)
    assert done.returncode == 0, done.stderr
    texts = read_class_texts(out)
    assert texts.ids == tuple(map(str, range(1, 1231)))
    assert texts[0].names == ("acorn",)
    assert texts[0].description == "nut from an oak tree"
