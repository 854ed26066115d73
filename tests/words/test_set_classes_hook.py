"""A test with another vocabulary than the training's."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from mmengine.logging import MMLogger
from mmengine.registry import HOOKS
from torch import nn

from iclip.text.class_texts import write_class_texts
from iclip.words import SetClasses, TextClassifier, embed_classes, write_class_embeddings
from iclip.zeroshot.loading import load_zero_shot_model
from tests.support.made_up_embeddings import made_up_embeddings
from tests.support.zero_shot_models import micro

__all__ = ["micro"]
DIM = 16


class Head(nn.Module):
    """A head that knows its number of classes, around a classifier."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.classifier = TextClassifier(4, num_classes, DIM)

    def set_classes(self, embeddings: Any) -> None:
        self.classifier.set_classes(embeddings)
        self.num_classes = len(embeddings)


def runner_of(model: nn.Module) -> Any:
    return SimpleNamespace(model=model, logger=MMLogger.get_instance("test"))


def test_classes_of_a_file_reach_each_outermost_taker(tmp_path: Path):
    other = made_up_embeddings(("a", "b", "c"), DIM)
    write_class_embeddings(tmp_path / "c.safetensors", other)
    model = nn.Sequential(Head(2), nn.Sequential(TextClassifier(4, 2, DIM)))
    hook = HOOKS.build(
        dict(type="iclip.SetClasses", class_embeddings=str(tmp_path / "c.safetensors"))
    )
    hook.before_test(runner_of(model))
    assert model[0].num_classes == 3
    for classifier in (model[0].classifier, model[1][0]):
        assert torch.equal(classifier.class_embeds, other.embeds)


def test_class_texts_are_embedded_by_the_text_tower(micro: Path, tmp_path: Path):
    texts = made_up_embeddings(("bee", "ant"), DIM).texts
    write_class_texts(tmp_path / "texts.jsonl", texts)
    settings = dict(templates=["an {}."], variant="name")
    model = nn.Sequential(TextClassifier(4, 5, DIM))
    hook = SetClasses(str(tmp_path / "texts.jsonl"), str(micro), **settings)
    hook.before_test(runner_of(model))
    expected = embed_classes(load_zero_shot_model(str(micro)), texts, **settings)
    assert torch.equal(model[0].class_embeds, expected.embeds)


def test_classes_of_another_joint_space_are_refused(tmp_path: Path):
    write_class_embeddings(tmp_path / "c.safetensors", made_up_embeddings(("a",), DIM, space=1))
    model = Head(2)
    model.set_classes(made_up_embeddings(("a", "b"), DIM))
    hook = SetClasses(class_embeddings=str(tmp_path / "c.safetensors"))
    with pytest.raises(ValueError, match="of another joint space"):
        hook.before_test(runner_of(model))


def test_model_without_a_classifier_by_words_is_named(tmp_path: Path):
    hook = SetClasses(class_embeddings="absent.safetensors")
    with pytest.raises(
        ValueError, match=r"finds nothing in model\.type='Linear' that takes classes"
    ):
        hook.before_test(runner_of(nn.Linear(2, 2)))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        dict(class_texts="a.jsonl"),
        dict(checkpoint="a.pth"),
        dict(class_texts="a.jsonl", checkpoint="a.pth", class_embeddings="c.safetensors"),
    ],
)
def test_classes_are_stated_once(settings: dict[str, str]):
    with pytest.raises(ValueError, match="set the first two, or the last"):
        SetClasses(**settings)
