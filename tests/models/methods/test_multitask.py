import torch
from torch.nn import functional as F

from tests.distributed.tiny_model import build, global_batch


def test_labelled_images_have_the_loss_of_a_linear_classifier():
    model, batch = build("MultiTask"), global_batch("MultiTask", 3, 4)
    losses = model(**batch, mode="loss")
    logits = model.classifier(model.backbone.forward_pooled(batch["inputs"][:3]))
    torch.testing.assert_close(losses["loss_cls"], F.cross_entropy(logits, batch["gt_labels"]))


def test_pairs_have_the_loss_of_clip():
    multitask, clip = build("MultiTask"), build("CLIP")
    clip.load_state_dict(multitask.state_dict(), strict=False)
    batch = global_batch("MultiTask", 3, 4)
    pairs = dict(batch, inputs=batch["inputs"][3:], gt_labels=batch["gt_labels"][:0])
    torch.testing.assert_close(
        multitask(**batch, mode="loss")["loss_con"], clip(**pairs, mode="loss")["loss_con"]
    )
