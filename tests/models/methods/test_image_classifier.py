import copy
from typing import Any

import pytest
import torch
from mmengine.optim import OptimWrapper
from torch import Tensor
from torch.nn import functional as F

from iclip.datasets.collate import collate_samples
from iclip.models.methods.image_classifier import ImageClassifier
from iclip.models.step import train_step
from tests.support.text_classes import random_embeddings

BACKBONE = dict(
    type="iclip.SwinBackbone",
    arch=dict(embed_dims=12, depths=(1, 1), num_heads=(1, 2)),
    window_size=4,
    drop_path_rate=0.0,
)
CLASSES = 3


@pytest.fixture
def model() -> ImageClassifier:
    torch.manual_seed(0)
    return ImageClassifier(
        BACKBONE, CLASSES, data_preprocessor=dict(type="iclip.BatchPreprocessor")
    )


def images(count: int) -> Tensor:
    generator = torch.Generator().manual_seed(count)
    return torch.randint(256, (count, 3, 16, 16), generator=generator, dtype=torch.uint8)


def batch(count: int) -> dict[str, Any]:
    rows = zip(images(count), range(count), strict=True)
    return collate_samples([{"image": image, "gt_label": i % CLASSES} for image, i in rows])


def losses(model: ImageClassifier, data: dict[str, Any]) -> dict[str, Tensor]:
    return model(**model.data_preprocessor(data, True), mode="loss")


def test_loss_is_the_cross_entropy_of_the_pooled_features(model: ImageClassifier):
    data = model.data_preprocessor(batch(4), True)
    features = model.backbone.forward_pooled(data["inputs"])
    logits = features @ model.classifier.weight.T + model.classifier.bias
    (loss,) = losses(model, batch(4)).values()
    assert torch.allclose(loss, F.cross_entropy(logits, torch.tensor([0, 1, 2, 0])))


def by_words() -> ImageClassifier:
    torch.manual_seed(0)
    classifier = dict(type="iclip.TextClassifier", embed_dim=8)
    model = ImageClassifier(
        BACKBONE, CLASSES, classifier, data_preprocessor=dict(type="iclip.BatchPreprocessor")
    )
    model.classifier.set_classes(random_embeddings(["cat", "dog", "cow"], dims=8))
    return model


def test_classifier_by_words_is_trained_by_the_cross_entropy_of_scaled_cosines():
    model = by_words()
    data = model.data_preprocessor(batch(4), True)
    embeds = model.backbone.forward_pooled(data["inputs"]) @ model.classifier.projection.weight.T
    cosines = F.cosine_similarity(embeds[:, None], model.classifier.class_embeds[None], dim=2)
    (loss,) = losses(model, batch(4)).values()
    expected = F.cross_entropy(
        model.classifier.logit_scale.exp() * cosines, torch.tensor([0, 1, 2, 0])
    )
    assert torch.allclose(loss, expected)
    loss.backward()
    learnt = {name for name, p in model.named_parameters() if p.grad is not None and p.grad.any()}
    assert {"classifier.projection.weight", "classifier.logit_scale"} < learnt


def test_class_table_is_that_of_the_words(model: ImageClassifier):
    texts = by_words().class_texts
    assert texts is not None and texts.ids == ("c0", "c1", "c2")
    assert model.class_texts is None


@pytest.mark.parametrize("kind", ["linear", "words"])
def test_micro_batches_have_the_gradient_of_the_batch(model: ImageClassifier, kind: str):
    model = model if kind == "linear" else by_words()
    whole, divided = copy.deepcopy(model), copy.deepcopy(model)
    data, parts = batch(6), [batch(6), batch(6)]
    for part, rows in zip(parts, (slice(0, 4), slice(4, 6)), strict=True):
        part["inputs"], part["gt_labels"] = part["inputs"][rows], part["gt_labels"][rows]
    for net, batches in ((whole, [data]), (divided, parts)):
        wrapper = OptimWrapper(torch.optim.SGD(net.parameters(), lr=0.1))
        log = train_step(net, batches, wrapper)
        net.logged = float(log["loss"].detach())
    assert whole.logged == pytest.approx(divided.logged, rel=1e-5)
    pairs = zip(whole.named_parameters(), divided.parameters(), strict=True)
    assert all(torch.allclose(ours, theirs, atol=1e-6) for (_, ours), theirs in pairs)


def test_every_parameter_gets_a_gradient(model: ImageClassifier):
    sum(losses(model, batch(4)).values()).backward()
    assert not [name for name, p in model.named_parameters() if p.grad is None]


def test_training_alone_mixes(model: ImageClassifier):
    mixing = dict(mixup_alpha=1.0, label_smoothing=0.1, erase_share=1.0)
    other = ImageClassifier(BACKBONE, CLASSES, mixing=mixing)
    other.load_state_dict(model.state_dict())
    plain, mixed = (net.eval().val_step(batch(3)) for net in (model, other))
    assert all(torch.equal(a["logits"], b["logits"]) for a, b in zip(plain, mixed, strict=True))
    assert not torch.allclose(*(losses(net, batch(3))["loss_cls"] for net in (model, other)))


def test_probabilities_are_the_softmax_of_the_predictions(model: ImageClassifier):
    logits = torch.stack([row["logits"] for row in model.eval().val_step(batch(4))])
    found = model.train().classify(images(4))
    assert torch.allclose(found, logits.softmax(dim=1)) and not found.requires_grad
    assert model.classify(images(0)).shape == (0, CLASSES)


def test_predictions_do_not_depend_on_the_batch(model: ImageClassifier):
    whole = model.classify(images(4))
    single = torch.cat([model.classify(image[None]) for image in images(4)])
    assert torch.allclose(whole, single, atol=1e-6)


def test_dropout_is_of_training_alone():
    dropping = ImageClassifier(BACKBONE, CLASSES, dropout=0.9)
    torch.manual_seed(0)
    first, second = (losses(dropping, batch(4))["loss_cls"] for _ in range(2))
    assert not torch.equal(first, second)
    assert torch.equal(*(dropping.classify(images(2)) for _ in range(2)))


def test_pairs_are_an_error(model: ImageClassifier):
    data = batch(4)
    with pytest.raises(ValueError, match=r"4 pairs of this batch: .*ratio=\(1, 0\)"):
        losses(model, data | {"token_ids": torch.zeros(4, 7, dtype=torch.int64)})


def test_a_single_class_is_an_error():
    with pytest.raises(ValueError, match=r"model.num_classes is 1; a classifier takes two or more"):
        ImageClassifier(BACKBONE, 1)
