"""The classifier by words: its logits, what it starts from, and vocabularies that change."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.model import BaseModule
from mmengine.registry import MODELS as ANY_SCOPE
from torch import nn

from iclip.checkpoints import load_checkpoint
from iclip.text.class_texts import read_class_texts
from iclip.words import TextClassifier, embed_classes, write_class_embeddings
from iclip.zeroshot.loading import load_zero_shot_model
from tests.support.text_classes import random_embeddings

# The micro model's: pooled features, joint space.
FEATURES, DIMS = 48, 16


def classifier(background: bool = False, **settings: Any) -> TextClassifier:
    """A classifier of three classes with random embeddings."""
    torch.manual_seed(0)
    made = TextClassifier(6, 3 + background, 4, background=background, **settings)
    made.set_classes(random_embeddings(["a", "b", "c"], dims=4))
    return made


def test_logits_are_scaled_cosines():
    layer = classifier(background=True, logit_scale=1.5)
    features = torch.randn(5, 2, 6)
    assert layer.background is not None
    rows = [*layer.class_embeds, layer.background.detach()]
    for i in range(5):
        for j in range(2):
            projected = layer.projection.weight.detach() @ features[i, j]
            expected = [
                math.exp(1.5) * float(projected @ row) / float(projected.norm() * row.norm())
                for row in rows
            ]
            assert layer(features)[i, j].tolist() == pytest.approx(expected, abs=1e-5)


def test_gradient_reaches_what_is_learnt_and_nothing_else():
    layer = classifier(background=True)
    layer(torch.randn(5, 6)).sum().backward()
    names = {name for name, p in layer.named_parameters() if p.grad is not None and p.grad.any()}
    assert names == {"projection.weight", "logit_scale", "background"}
    assert {name for name, _ in layer.named_buffers()} == {"class_embeds", "probe"}


def test_logits_are_float32_under_autocast():
    layer, features = classifier(), torch.randn(5, 6)
    with torch.autocast("cpu", torch.bfloat16):
        logits = layer(features)
    assert logits.dtype == torch.float32
    # The projection alone is in half precision.
    with torch.autocast("cpu", torch.bfloat16):
        projected = layer.projection(features)
    torch.testing.assert_close(logits, layer.compare(nn.functional.normalize(projected.float())))


def test_no_features_give_no_logits():
    assert classifier(background=True)(torch.zeros(0, 6)).shape == (0, 4)


class Head(BaseModule):
    """Initializes all that is in its classifier, as mmdet's heads do."""

    def __init__(self, settings: dict[str, Any]) -> None:
        override = dict(type="Constant", name="classifier", val=0.25, bias=0)
        super().__init__(init_cfg=dict(type="Constant", layer=[], val=0, override=override))
        self.classifier = ANY_SCOPE.build(dict(type="iclip.TextClassifier", **settings))


def from_checkpoint(micro: Path, table: Path, **changes: Any) -> dict[str, Any]:
    settings = dict(in_features=FEATURES, out_features=3, embed_dim=DIMS)
    files = dict(class_texts=str(table), checkpoint=str(micro), projection="pretrained")
    return settings | files | changes


def test_initialization_of_the_head_does_not_overwrite_what_is_loaded(micro: Path, table: Path):
    head = Head(from_checkpoint(micro, table))
    head.init_weights()
    weights = load_checkpoint(micro)["state_dict"]
    assert head.classifier.projection.weight.equal(weights["image_projection.weight"])
    assert head.classifier.logit_scale.equal(weights["logit_scale"])


def test_new_projection_has_random_numbers_of_its_own(micro: Path, table: Path):
    head = Head(from_checkpoint(micro, table, projection="new"))
    head.init_weights()
    assert head.classifier.projection.weight.detach().std().item() == pytest.approx(
        48**-0.5, rel=0.1
    )
    assert head.classifier.logit_scale.item() == pytest.approx(math.log(20))


@pytest.mark.parametrize("projection", ["new", "pretrained"])
def test_temperature_is_the_one_that_is_set(projection: str, micro: Path, table: Path):
    settings = from_checkpoint(micro, table, projection=projection, logit_scale=2.5)
    layer = TextClassifier(**settings)
    layer.init_weights()
    assert layer.logit_scale.item() == 2.5


def test_classes_are_those_of_the_text_tower(micro: Path, table: Path, tmp_path: Path):
    expected = embed_classes(load_zero_shot_model(str(micro)), read_class_texts(table))
    from_texts = TextClassifier(**from_checkpoint(micro, table))
    from_texts.init_weights()
    write_class_embeddings(tmp_path / "words.safetensors", expected)
    from_file = TextClassifier(
        FEATURES, 3, DIMS, class_embeddings=str(tmp_path / "words.safetensors")
    )
    from_file.init_weights()
    for layer in (from_texts, from_file):
        assert layer.class_embeds.equal(expected.embeds) and layer.probe.equal(expected.probe)


def test_pre_trained_classifier_is_zero_shot_classification(micro: Path, table: Path):
    model = load_zero_shot_model(str(micro))
    layer = TextClassifier(**from_checkpoint(micro, table))
    layer.init_weights()
    images = torch.randn(4, 3, 32, 32)
    cosines = model.encode_images(images) @ embed_classes(model, read_class_texts(table)).embeds.T
    with torch.inference_mode():
        logits = layer(model.network.encode_features(images))  # type: ignore[operator]
    torch.testing.assert_close(logits, model.network.logit_scale.exp() * cosines)  # type: ignore[operator, union-attr]


def test_saved_weights_need_no_text_tower(micro: Path, table: Path):
    trained = TextClassifier(**from_checkpoint(micro, table))
    trained.init_weights()
    read = TextClassifier(FEATURES, 3, DIMS)
    read.load_state_dict(trained.state_dict())
    features = torch.randn(2, FEATURES)
    assert read(features).equal(trained(features))


def test_state_dict_is_loaded_over_what_was_embedded(micro: Path, table: Path):
    """As a resumed run does, which embeds the classes before."""
    layer = TextClassifier(**from_checkpoint(micro, table))
    layer.init_weights()
    state = {name: tensor + 1 for name, tensor in layer.state_dict().items()}
    layer.load_state_dict(state)
    assert all(tensor.equal(state[name]) for name, tensor in layer.state_dict().items())


def test_embeddings_given_are_not_changed_by_a_state_dict():
    given = random_embeddings(["a", "b", "c"], dims=4)
    layer, before = classifier(), given.embeds.clone()
    layer.set_classes(given)
    layer.load_state_dict({name: t + 1 for name, t in layer.state_dict().items()})
    assert given.embeds.equal(before)


def test_another_vocabulary_is_another_buffer():
    layer, features = classifier(background=True), torch.randn(5, 6)
    before = layer(features)
    other = random_embeddings(["c", "d", "e", "f"], dims=4, seed=1)
    layer.set_classes(other)
    assert (layer.num_classes, layer.out_features) == (4, 5)
    after = layer(features)
    torch.testing.assert_close(after[:, 4], before[:, 3])  # the background
    layer.set_classes(random_embeddings(["a", "b", "c"], dims=4))
    assert layer(features).equal(before)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (dict(dims=4, space=1), "embedded by tower.pth are of another joint space"),
        (dict(dims=5), "have 5 dimensions, and the classifier's joint space has 4"),
    ],
)
def test_classes_of_another_joint_space_are_refused(given: dict[str, int], message: str):
    layer = classifier()
    before = layer.class_embeds
    with pytest.raises(ValueError, match=message):
        layer.set_classes(random_embeddings(["a", "b"], **given))
    assert layer.class_embeds is before


CONTRADICTIONS = {
    "two sources": (
        dict(class_texts="a.jsonl", class_embeddings="b.safetensors"),
        "class_texts is 'a.jsonl' and class_embeddings 'b.safetensors'; give one of the two",
    ),
    "no text tower": (dict(class_texts="a.jsonl"), "'a.jsonl' without a checkpoint"),
    "projection": (dict(projection="old"), "is 'old'; it takes 'new' or 'pretrained'"),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_settings_that_contradict_each_other_are_refused(case: str):
    settings, message = CONTRADICTIONS[case]
    with pytest.raises(ValueError, match=message):
        TextClassifier(6, 3, 4, **settings)


def test_training_without_classes_is_refused():
    with pytest.raises(ValueError, match="set class_texts and checkpoint, or class_embeddings"):
        TextClassifier(6, 3, 4).init_weights()
    with pytest.raises(ValueError, match="'pretrained' without a checkpoint"):
        TextClassifier(6, 3, 4, projection="pretrained").init_weights()


def test_number_of_classes_must_be_the_heads(micro: Path, table: Path):
    layer = TextClassifier(**from_checkpoint(micro, table, out_features=5, background=True))
    with pytest.raises(ValueError, match=r"photos\.jsonl holds 3 classes, and the model has 4"):
        layer.init_weights()


def test_projection_must_fit_the_features(micro: Path, table: Path):
    layer = TextClassifier(**from_checkpoint(micro, table, in_features=7))
    with pytest.raises(ValueError, match=r"weight: \(16, 48\); \(embed_dim, in_features\) is \(16"):
        layer.init_weights()


def test_projection_is_looked_for_in_models_of_two_towers(tmp_path: Path, table: Path):
    torch.save({"state_dict": {"a": torch.zeros(1)}, "meta": {}}, tmp_path / "other.pth")
    layer = TextClassifier(**from_checkpoint(tmp_path / "other.pth", table))
    with pytest.raises(ValueError, match=r"image_projection\.weight: none"):
        layer.init_weights()
