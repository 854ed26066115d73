"""open_clip's loop takes the step that is measured, on its loss and ours of the class texts."""

import torch
from torch import nn
from torch.nn import functional as F

from iclip.benchmarks.peers.open_clip_training import JointLoss, OpenClipStep, clip_loss


class Towers(nn.Module):
    """Two linear towers with open_clip's interface."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.image, self.text = nn.Linear(6, 4), nn.Embedding(9, 4)
        self.logit_scale = nn.Parameter(torch.tensor(2.0))

    def encode_text(self, ids: torch.Tensor, normalize: bool = False) -> torch.Tensor:
        return F.normalize(self.text(ids).mean(dim=1), dim=-1)

    def forward(self, images: torch.Tensor, ids: torch.Tensor) -> dict[str, torch.Tensor]:
        features = F.normalize(self.image(images.flatten(1)), dim=-1)
        return dict(
            image_features=features, text_features=self.encode_text(ids),
            logit_scale=self.logit_scale.exp(),
        )  # fmt: skip


def test_the_joint_loss_is_both_formulas():
    model, images = Towers(), torch.randn(3, 6)
    captions, classes = torch.tensor([[1, 2], [3, 4]]), torch.tensor([[5, 0], [6, 0], [7, 8]])
    losses = JointLoss(model, classes, torch.tensor([2]))(**model(images, captions))
    found = model(images, captions)
    v, t, w = found["image_features"], found["text_features"], model.encode_text(classes)
    scale = found["logit_scale"]
    by_class = scale * (v[0] @ w.T)
    assert torch.isclose(losses["class_loss"], by_class.logsumexp(0) - by_class[2])
    logits = scale * v[1:] @ t.T
    both = [(rows.logsumexp(dim=1) - rows.diagonal()).mean() for rows in (logits, logits.T)]
    assert torch.isclose(losses["contrastive_loss"], sum(both) / 2)


def test_a_step_moves_the_weights_as_adamw_does():
    model, plain = Towers(), Towers()
    images, captions = torch.randn(2, 6), torch.tensor([[1, 2], [3, 4]])
    OpenClipStep(model, clip_loss(), images, captions, "cpu")()
    outputs = plain(images, captions)
    clip_loss()(**outputs).backward()
    decay = [p for p in plain.parameters() if p.ndim >= 2]
    others = [p for p in plain.parameters() if p.ndim < 2]
    groups = [{"params": others, "weight_decay": 0.0}, {"params": decay, "weight_decay": 0.2}]
    torch.optim.AdamW(groups, lr=1e-4, betas=(0.9, 0.98), eps=1e-6).step()
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, plain.state_dict()[name])
