"""A tokenizer's files in the pushed folder."""

from pathlib import Path

import pytest

from iclip.checkpoints.model_folders import HERE
from iclip.hub.tokenizer_files import with_tokenizer_here, write_tokenizer
from tests.text.roberta_files import write_roberta_tokenizer


def model(folder: Path) -> dict:
    tokenizer = dict(type="RobertaTokenizer", name_or_path=str(folder), context_length=12)
    return {"type": "ICLIP", "class_prompts": {"variant": "name", "tokenizer": tokenizer}}


def test_files_are_written_and_named(tmp_path: Path):
    write_roberta_tokenizer(tmp_path / "roberta", ["a dog"])
    (tmp_path / "out").mkdir()
    (tmp_path / "out/there.txt").touch()
    written = write_tokenizer(model(tmp_path / "roberta"), tmp_path / "out")
    assert written == ["tokenizer.json", "tokenizer_config.json"]


def test_tokenizer_of_the_library_needs_no_files(tmp_path: Path):
    for prompts in (None, {}, {"tokenizer": {"type": "CLIPTokenizer"}}):
        assert write_tokenizer({"class_prompts": prompts}, tmp_path) == []
    assert not list(tmp_path.iterdir())


def test_tokenizer_that_is_gone_is_told(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"name_or_path=.*gone"):
        write_tokenizer(model(tmp_path / "gone"), tmp_path)


def test_folder_stands_for_its_place():
    found = with_tokenizer_here(model(Path("/x")))
    assert found["class_prompts"]["tokenizer"]["name_or_path"] == HERE
    assert found["class_prompts"]["variant"] == "name"
