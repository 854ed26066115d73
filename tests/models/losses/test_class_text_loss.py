import math

import torch
from torch.nn import functional as F

from iclip.models.losses import class_text_loss


def unit(*shape: int) -> torch.Tensor:
    return F.normalize(torch.randn(*shape, dtype=torch.float64), dim=-1)


def test_equals_formula_in_loops():
    images, classes, labels = unit(5, 8), unit(7, 8), [3, 0, 6, 3, 1]
    scale = 20.0
    expected = 0.0
    for image, label in zip(images.tolist(), labels, strict=True):
        logits = [scale * sum(a * b for a, b in zip(image, w, strict=True)) for w in classes]
        expected += math.log(sum(math.exp(z) for z in logits)) - float(logits[label])
    loss = class_text_loss(
        images, classes, torch.tensor(labels), torch.tensor(scale, dtype=torch.float64).log()
    )
    assert math.isclose(loss.item(), expected, rel_tol=1e-12)


def test_equal_class_texts_give_log_n_per_image():
    images, classes = unit(4, 8), unit(1, 8).expand(10, 8)
    loss = class_text_loss(images, classes, torch.zeros(4, dtype=torch.long), torch.tensor(2.0))
    assert math.isclose(loss.item(), 4 * math.log(10), rel_tol=1e-9)


def test_gradients_pass_gradcheck():
    images, classes = unit(3, 4).requires_grad_(), unit(5, 4).requires_grad_()
    scale = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([4, 0, 2])
    assert torch.autograd.gradcheck(
        lambda v, w, s: class_text_loss(v, w, labels, s), (images, classes, scale)
    )
