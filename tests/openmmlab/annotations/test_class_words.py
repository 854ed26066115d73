"""The words of a model's classes are held against the names in its data, in order."""

from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.openmmlab.annotations import check_annotations
from iclip.openmmlab.annotations.class_words import class_word_problems, stated_words
from iclip.text.class_texts import ClassText, write_class_texts
from iclip.words import write_class_embeddings
from tests.support.odd_annotations import detection, lvis_content
from tests.support.text_classes import random_embeddings

HEAD = "model.roi_head.bbox_head.cls_predictor_cfg"


def table(folder: Path, *names: str) -> str:
    path = folder / f"{'_'.join(names)}.jsonl"
    write_class_texts(path, [ClassText(f"c{i}", (name,)) for i, name in enumerate(names)])
    return str(path)


def by_words(folder: Path, **files: str) -> Config:
    """A detector by words, of the classes cat and dog."""
    cfg = detection(folder, lvis_content(folder))
    head = dict(num_classes=2, cls_predictor_cfg=dict(type="iclip.TextClassifier", **files))
    cfg.model = dict(roi_head=dict(bbox_head=head))
    return cfg


def about_words(cfg: Config) -> list[str]:
    return [told for told in check_annotations(cfg).problems if told.startswith("Classes: ")]


def test_table_in_the_order_of_the_labels_is_no_problem(tmp_path: Path):
    assert about_words(by_words(tmp_path, class_texts=table(tmp_path, "Cat", "DOG"))) == []
    write_class_embeddings(tmp_path / "w.safetensors", random_embeddings(["cat", "dog"], 4))
    assert about_words(by_words(tmp_path, class_embeddings=str(tmp_path / "w.safetensors"))) == []


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("dog", "cat"), "label 0 is 'cat', and entry 1 of the table 'dog' (id 'c0')"),
        (("cat", "dog", "cow"), "the data have 2 classes, and the table 3"),
    ],
)
def test_other_words_are_a_problem(names: tuple[str, ...], told: str, tmp_path: Path):
    path = table(tmp_path, *names)
    (problem,) = about_words(by_words(tmp_path, class_texts=path))
    assert problem == (
        f"Classes: {told}; {path} ({HEAD}.class_texts), data: train_dataloader.dataset.dataset. "
        "Put the entries of the table in the order of the data's labels"
    )


def test_table_that_cannot_be_read_is_a_problem(tmp_path: Path):
    (tmp_path / "broken.jsonl").write_text("{}\n")
    (problem,) = about_words(by_words(tmp_path, class_texts=str(tmp_path / "broken.jsonl")))
    assert "`id` must be a string" in problem


def stated(**parts: Any) -> list[tuple[str, tuple[str, ...]]]:
    return [(words.path, words.places) for words in stated_words(Config(parts))]


def test_words_of_tests_come_before_those_of_the_model():
    classifier = dict(type="iclip.TextClassifier", class_texts="model")
    head = dict(classifier=classifier, tested_classes=dict(num_classes=3, class_texts="tested"))
    hook = dict(type="iclip.SetClasses", class_embeddings="hook")
    assert stated(
        model=dict(decode_head=head), custom_hooks=[dict(type="iclip.WatchRanks"), hook]
    ) == [
        ("hook", ("test",)),
        ("tested", ("val", "test")),
        ("model", ("train", "val", "test")),
    ]


def test_model_without_words_has_no_problems():
    cfg = Config(dict(model=dict(roi_head=dict(bbox_head=dict(num_classes=2)))))
    assert class_word_problems(cfg, []) == []
