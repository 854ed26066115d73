import torch

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
