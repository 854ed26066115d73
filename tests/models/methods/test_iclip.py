import torch

from tests.distributed.tiny_model import build, global_batch


def test_each_source_has_the_loss_that_it_has_alone():
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
