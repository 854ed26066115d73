"""The former accumulation: the mean of the micro-batches' own losses."""

import torch
from torch.nn import functional as F

from iclip.benchmarks.inputs.made_up import build_method, made_up_batch
from iclip.benchmarks.references.plain_accumulation import add_gradients, joint_loss


def test_loss_is_a_cross_entropy_over_classes_and_one_over_the_pairs():
    model = build_method("iclip_swint_full.py", classes=4, tiny=True, drop_path_rate=0.0)
    batch = made_up_batch(model, 2, 3, 56)
    images = model.encode_image(model.data_preprocessor(batch, True)["inputs"])
    texts = model.encode_text(batch["token_ids"])
    classes = model.encode_text(model.class_prompts.token_ids_at(range(4), 0))
    scale = model.logit_scale.exp()
    by_class = F.cross_entropy(scale * images[:2] @ classes.T, batch["gt_labels"])
    logits, own = scale * images[2:] @ texts.T, torch.arange(3)
    pairs = (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2
    torch.testing.assert_close(joint_loss(model, batch), by_class + pairs)


def test_gradients_are_the_mean_of_the_micro_batches():
    model = build_method("iclip_swint_full.py", classes=4, tiny=True, drop_path_rate=0.0)
    batches = [made_up_batch(model, 1, 2, 56) for _ in range(2)]
    weight = model.image_projection.weight
    alone = [torch.autograd.grad(joint_loss(model, batch), weight)[0] for batch in batches]
    add_gradients(model, batches)
    torch.testing.assert_close(weight.grad, sum(alone) / 2)
