import torch
from torch.nn import functional as F

from tests.distributed.tiny_model import build, global_batch


def test_image_and_text_embeddings_have_length_one():
    model, batch = build("ICLIP"), global_batch("ICLIP", 3, 4)
    for embeds in (model.encode_image(batch["inputs"]), model.encode_text(batch["token_ids"])):
        torch.testing.assert_close(embeds.norm(dim=1), torch.ones(len(embeds)).double())


def test_templates_follow_the_iteration_and_nothing_else():
    model = build("ICLIP")
    embeds = []
    for iteration in (0, 1, 2, 3, 0):
        model.set_iteration(iteration)
        embeds.append(model.encode_classes())
    assert torch.equal(embeds[0], embeds[-1])
    assert any(not torch.equal(embeds[0], other) for other in embeds[1:-1])


def test_classes_equal_one_padded_call_and_come_in_class_order():
    model = build("ICLIP")
    ids = model.class_prompts.token_ids_at(range(7), model.iteration)
    features = model.text_encoder(ids)
    expected = F.normalize(model.text_projection(features), dim=-1)
    torch.testing.assert_close(model.encode_classes(), expected, rtol=0, atol=1e-12)
    order = [4, 0, 6, 4]
    torch.testing.assert_close(
        model.encode_class_subset(order), expected[order], rtol=0, atol=1e-12
    )


def test_no_texts_and_no_classes_give_no_rows():
    model = build("ICLIP")
    for embeds in (
        model.encode_text(torch.zeros(0, dtype=torch.int64)),
        model.encode_text(torch.zeros(0, 6, dtype=torch.int64)),
        model.encode_class_subset([]),
    ):
        assert embeds.shape == (0, 8) and embeds.requires_grad


def test_captions_equal_one_padded_call():
    model, batch = build("ICLIP"), global_batch("ICLIP", 3, 4)
    captions = batch["token_ids"]
    expected = F.normalize(model.text_projection(model.text_encoder(captions)), dim=-1)
    torch.testing.assert_close(model.encode_text(captions), expected, rtol=0, atol=1e-12)


def test_templates_follow_the_seed_of_the_run_unless_one_is_set():
    def drawn(seed: int) -> list:
        model.set_seed(seed)
        return [model.class_prompts.lengths_at(i).tolist() for i in range(9)]

    model = build("ICLIP")
    assert drawn(1) != drawn(2)
    assert drawn(1) == drawn(1)
    model.class_prompts.seed = 3
    assert drawn(1) == drawn(2)
