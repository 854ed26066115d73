import pytest
import torch
from torch import Tensor

from iclip.models import UniCL
from iclip.registry import MODELS
from tests.distributed.tiny_model import METHODS, NUM_CLASSES, build, global_batch


def test_image_and_text_embeddings_have_length_one():
    model, batch = build("ICLIP"), global_batch("ICLIP", 3, 4)
    for embeds in (model.encode_image(batch["inputs"]), model.encode_text(batch["token_ids"])):
        torch.testing.assert_close(embeds.norm(dim=1), torch.ones(len(embeds)).double())


def test_losses_are_those_of_the_formulas_on_each_source_alone():
    """No cross-negatives: a batch of both gives each source's own loss."""
    model, batch = build("ICLIP"), global_batch("ICLIP", 3, 4)
    both = model(**batch, mode="loss")
    empty = torch.zeros(0, dtype=torch.long)
    labels_only = model(batch["inputs"][:3], batch["gt_labels"], empty, mode="loss")
    pairs_only = model(batch["inputs"][3:], empty, batch["token_ids"], mode="loss")
    assert list(labels_only) == ["loss_cls"] and list(pairs_only) == ["loss_con"]
    torch.testing.assert_close(both, {**labels_only, **pairs_only})


def test_weights_of_the_losses_scale_them():
    model, batch = build("ICLIP"), global_batch("ICLIP", 3, 4)
    plain = model(**batch, mode="loss")
    model.loss_weight_cls, model.loss_weight_con = 2.0, 0.5
    weighted = model(**batch, mode="loss")
    torch.testing.assert_close(weighted["loss_cls"], 2 * plain["loss_cls"])
    torch.testing.assert_close(weighted["loss_con"], plain["loss_con"] / 2)


def test_templates_follow_the_iteration_and_nothing_else():
    model = build("ICLIP")
    embeds = []
    for iteration in (0, 1, 2, 3, 0):
        model.set_iteration(iteration)
        embeds.append(model.encode_classes())
    assert torch.equal(embeds[0], embeds[-1])
    assert any(not torch.equal(embeds[0], other) for other in embeds[1:-1])


def test_unicl_encodes_each_class_of_the_batch_once_to_the_bit(monkeypatch: pytest.MonkeyPatch):
    model, batch = build("UniCL"), global_batch("UniCL", 9, 4)

    def with_unique(self: UniCL, gt_labels: Tensor, token_ids: Tensor) -> Tensor:
        classes, rows = gt_labels.unique(return_inverse=True)
        prompts = self.class_prompts.token_ids_at(classes.tolist(), self.iteration)
        return torch.cat([self.encode_text(prompts)[rows], self.encode_text(token_ids)])

    def loss_and_gradients() -> list[Tensor]:
        model.zero_grad()
        loss = model(**batch, mode="loss")["loss_con"]
        loss.backward()
        return [loss.detach(), *(parameter.grad for parameter in model.parameters())]

    assert len(batch["gt_labels"].unique()) < len(batch["gt_labels"])
    found = loss_and_gradients()
    monkeypatch.setattr(UniCL, "_encode_batch_texts", with_unique)
    assert all(map(torch.equal, found, loss_and_gradients()))


@pytest.mark.parametrize("method", METHODS)
def test_predictions_come_image_by_image(method: str):
    model = build(method).eval()
    batch = global_batch("ICLIP", 3, 4)
    inputs, captions = batch["inputs"][:2], batch["token_ids"][:3]
    if method == "Supervised":
        (first, _) = model(inputs, torch.tensor([4, 1]), captions, mode="predict")
        assert first["logits"].shape == (NUM_CLASSES,) and first["gt_label"] == 4
        return
    counts = torch.tensor([1, 2])
    _, second = model(inputs, torch.tensor([]), captions, counts, mode="predict")
    expected = model.encode_text(captions[1:]).float()
    torch.testing.assert_close(second["text_embeds"], expected)
    assert ("logits" in second) == (method == "MultiTask")


@pytest.mark.parametrize(
    ("method", "message"),
    [("CLIP", r"3 labelled images.*ratio=\(0, 1\)"), ("Supervised", r"4 pairs.*ratio=\(1, 0\)")],
)
def test_a_source_the_method_cannot_use_is_an_error(method: str, message: str):
    with pytest.raises(ValueError, match=message):
        build(method)(**global_batch("ICLIP", 3, 4), mode="loss")


def test_labelled_images_need_class_prompts():
    config = dict(
        type="iclip.ICLIP",
        backbone=dict(type="iclip.FlatBackbone"),
        text_encoder=dict(type="iclip.TextTransformer", width=16, heads=2, layers=1),
    )
    batch = global_batch("ICLIP", 3, 4)
    model = MODELS.build(config).double()
    with pytest.raises(ValueError, match=r"class_prompts is not set, and ICLIP reads labelled"):
        model(**batch, mode="loss")
