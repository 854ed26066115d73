import pytest
import torch

from iclip.registry import MODELS
from tests.distributed.tiny_model import METHODS, build, global_batch


@pytest.mark.parametrize("method", [name for name in METHODS if name != "Supervised"])
def test_predictions_come_image_by_image(method: str):
    model = build(method).eval()
    batch = global_batch("ICLIP", 3, 4)
    inputs, captions = batch["inputs"][:2], batch["token_ids"][:3]
    counts = torch.tensor([1, 2])
    _, second = model(inputs, torch.tensor([]), captions, counts, mode="predict")
    expected = model.encode_text(captions[1:]).float()
    torch.testing.assert_close(second["text_embeds"], expected)
    assert ("logits" in second) == (method == "MultiTask")


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


@pytest.mark.parametrize("method", METHODS)
def test_no_images_take_part_with_gradients_of_zero(method: str):
    model = build(method)
    embeds = model.encode_image(global_batch(method, 3, 4)["inputs"][:0])
    assert len(embeds) == 0 and embeds.shape[1] > 0
    embeds.sum().backward()
    gradients = [parameter.grad for parameter in model.backbone.parameters()]
    assert all(torch.equal(gradient, torch.zeros_like(gradient)) for gradient in gradients)
