import torch
from open_clip import ClipLoss
from torch import Tensor
from torch.nn import functional as F

from iclip.distributed import Gathered
from iclip.models.losses import PairEmbeds, contrastive_loss


def leaf(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


def share(v: Tensor, u: Tensor, start: int = 0, end: int | None = None) -> Gathered[PairEmbeds]:
    """The rows from start to end as those of one rank."""
    return Gathered(PairEmbeds(v[start:end], u[start:end]), PairEmbeds(v, u), start)


def test_value_and_gradients_equal_open_clip():
    images, texts = leaf(6, 8), leaf(6, 8)
    scale = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    v, u = F.normalize(images, dim=-1), F.normalize(texts, dim=-1)
    ours = contrastive_loss(share(v, u), scale) / 6
    theirs = ClipLoss()(v, u, scale.exp())
    torch.testing.assert_close(ours, theirs)
    leaves = (images, texts, scale)
    our_grads = torch.autograd.grad(ours, leaves, retain_graph=True)
    torch.testing.assert_close(our_grads, torch.autograd.grad(theirs, leaves))


def test_shares_of_uneven_ranks_add_up_to_the_global_loss():
    v, u = F.normalize(leaf(7, 8), dim=-1), F.normalize(leaf(7, 8), dim=-1)
    scale = torch.tensor(1.0)
    whole = contrastive_loss(share(v, u), scale)
    shares = [
        contrastive_loss(share(v, u, start, end), scale) for start, end in ((0, 2), (2, 3), (3, 7))
    ]
    torch.testing.assert_close(sum(shares), whole)
