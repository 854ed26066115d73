"""Data that a config names and this machine lacks."""

from pathlib import Path

import pytest
from mmengine.config import Config

from iclip.engine.start.data_paths import data_problems
from tests.support.config_of_data import config_of_data, make_data


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_data(tmp_path / "data")


def test_nothing_is_said_when_all_is_there(root: Path):
    assert data_problems(config_of_data(root), root) == []


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        ("texts.jsonl", "texts.jsonl  (model.class_prompts.class_texts)"),
        ("images/n1", "images  (train_dataloader.dataset.labelled.root)"),
        ("pairs/00000.tar", "{00000..00031}.tar  (train_dataloader.dataset.pairs.shards)"),
        ("val/n1", "val/*  (val_dataloader.0.dataset.root)"),
    ],
)
def test_what_is_missing_or_empty_is_named_with_its_setting(root: Path, gone: str, expected: str):
    path = root / gone
    path.rmdir() if path.is_dir() else path.unlink()
    (problem,) = data_problems(config_of_data(root), root)
    assert expected in problem
    assert problem.count(str(root)) == 1
    assert "set ICLIP_DATA to the folder that holds it" in problem


def test_missing_root_is_said_to_be_missing(tmp_path: Path):
    (problem,) = data_problems(config_of_data(Path("nowhere")), Path("nowhere"))
    assert problem.startswith("Data: the data root 'nowhere' does not exist; the config reads\n")
    assert "nowhere/images  (train_dataloader.dataset.labelled.root)" in problem


def test_absolute_paths_count_wherever_they_are(root: Path):
    cfg = config_of_data(root, val_evaluator=[dict(type="ZeroShot", class_texts="/not/here.jsonl")])
    (problem,) = data_problems(cfg, root)
    assert "/not/here.jsonl  (val_evaluator.0.class_texts)" in problem


@pytest.mark.parametrize("name", ["my [set]", "a{b}", "what?", "st*r"])
def test_name_with_the_signs_of_a_pattern_is_a_name(name: str, tmp_path: Path):
    (tmp_path / name).mkdir()
    (tmp_path / name / "1.jpg").touch()
    cfg = Config(dict(train_dataloader=dict(root=str(tmp_path / name))))
    assert data_problems(cfg, Path("data")) == []
    (tmp_path / name / "1.jpg").unlink()
    (tmp_path / name).rmdir()
    if "{" not in name:  # of a range of shards, only the folder is looked at
        assert data_problems(cfg, Path("data"))


def test_weights_are_left_to_their_own_check():
    cfg = Config(dict(model=dict(backbone=dict(checkpoint="/not/here.pth#backbone"))))
    assert data_problems(cfg, Path("data")) == []


def test_long_lists_are_shortened():
    cfg = Config(dict(train_dataloader=dict(files=[f"data/{i}" for i in range(20)])))
    (problem,) = data_problems(cfg, Path("data"))
    assert "data/7  (train_dataloader.files.7)\n       and 12 more" in problem


def test_urls_are_left_to_their_readers():
    texts = dict(type="ClassPrompts", class_texts="s3://bucket/texts.jsonl")
    cfg = Config(dict(model=dict(class_prompts=texts, weights="https://host/weights.pth")))
    assert data_problems(cfg, Path("s3://bucket")) == []
