import math

import torch
from torch import Tensor
from torch.nn import functional as F

from iclip.distributed import Gathered
from iclip.models.losses import LabelledPairEmbeds, PairEmbeds, contrastive_loss, unicl_loss


def unit(*shape: int) -> Tensor:
    return F.normalize(torch.randn(*shape, dtype=torch.float64), dim=-1)


def one_rank(*rows: Tensor) -> Gathered[LabelledPairEmbeds]:
    return Gathered(LabelledPairEmbeds(*rows), LabelledPairEmbeds(*rows), first_row=0)


def unicl_in_loops(
    images: list[list[float]], texts: list[list[float]], labels: list[int], scale: float
) -> float:
    """Equations 2 to 4 of arXiv:2204.03610, term by term."""
    total = 0.0
    for rows, columns in ((images, texts), (texts, images)):
        for i, row in enumerate(rows):
            logits = [scale * sum(a * b for a, b in zip(row, c, strict=True)) for c in columns]
            log_z = math.log(sum(math.exp(z) for z in logits))
            positives = [k for k, label in enumerate(labels) if label == labels[i]]
            total -= sum(logits[k] - log_z for k in positives) / len(positives)
    return total / 2


def test_equals_formula_in_loops():
    v, u, labels = unit(6, 4), unit(6, 4), [2, 5, 2, -1, -2, 5]
    y, scale = torch.tensor(labels), torch.tensor(math.log(7.0), dtype=torch.float64)
    loss = unicl_loss(one_rank(v, u, y), scale)
    assert math.isclose(loss.item(), unicl_in_loops(v.tolist(), u.tolist(), labels, 7.0))


def test_is_clip_when_no_label_repeats():
    v, u, y, scale = unit(5, 4), unit(5, 4), torch.arange(5), torch.tensor(1.0)
    pairs = Gathered(PairEmbeds(v, u), PairEmbeds(v, u), first_row=0)
    torch.testing.assert_close(unicl_loss(one_rank(v, u, y), scale), contrastive_loss(pairs, scale))


def test_gradients_pass_gradcheck():
    y, scale = torch.tensor([0, 1, 0]), torch.tensor(1.0, dtype=torch.float64)
    v, u = unit(3, 4).requires_grad_(), unit(3, 4).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: unicl_loss(one_rank(a, b, y), scale), (v, u))
