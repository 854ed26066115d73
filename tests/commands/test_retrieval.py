"""What tools/retrieval.py prints, draws, and records in its result file."""

import json
import shutil
from pathlib import Path

import pytest

from iclip.commands import retrieval
from iclip.commands.command_line import main
from tests.support.tool_results import SHARED_KEYS, read_result
from tests.zeroshot.caption_sets import write_captions


@pytest.fixture
def toy_retrieval(photos: Path, tmp_path: Path) -> list[str]:
    (tmp_path / "toy/retrieval").mkdir(parents=True)
    write_captions(tmp_path / "toy/retrieval/karpathy.json", photos, [5] * 12)
    shutil.copytree(photos, tmp_path / "toy/retrieval/images")
    return ["--dataset", "toy", "--data-root", str(tmp_path)]


def test_retrieval_is_recorded(tiny_name: str, toy_retrieval, options, tmp_path: Path, capsys):
    assert main(retrieval, [tiny_name, *toy_retrieval, *options]) == 0
    printed = capsys.readouterr().out
    assert "karpathy.json: test, 12 images and 60 captions (images by captions: 12 wi" in printed
    assert "toy: 12 of 12 images, 60 of 60 captions" in printed
    content = read_result(tmp_path)
    found = content["results"]["toy"]
    assert found.keys() > SHARED_KEYS
    assert content["kind"] == "retrieval"
    assert content["metrics"] == {f"toy/{name}": value for name, value in found["recall"].items()}
    assert (found["images"], found["captions"]) == (12, 60)
    assert found["annotations"].endswith("toy/retrieval/karpathy.json")


def test_pictures_of_retrieval_are_drawn(tiny_name: str, toy_retrieval, options, tmp_path: Path):
    pictures = tmp_path / "pictures"
    line = [tiny_name, *toy_retrieval, *options, "--pictures", str(pictures)]
    assert main(retrieval, line) == 0
    words = json.loads((pictures / "predictions.json").read_text())
    assert len(words) == 6
    assert all((pictures / name).stat().st_size > 5000 for name in words)
    assert "among the first 5" in str(words) or "is number" in str(words)
