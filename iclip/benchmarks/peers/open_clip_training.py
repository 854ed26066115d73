"""open_clip's model, loss and training loop, with towers of the hub's sizes."""

from argparse import Namespace
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import open_clip
import torch
from open_clip.loss import ClipLoss
from open_clip_train.train import train_one_epoch
from torch import Tensor, nn
from torch.nn import functional as F

_IMAGE_TOWER = "swin_tiny_patch4_window7_224"


def clip_loss() -> ClipLoss:
    """Build open_clip's loss for one process."""
    return ClipLoss()


def two_towers(text: dict[str, int]) -> nn.Module:
    """Build Swin-T, without stochastic depth, and a causal text tower as an open_clip model.

    Args:
        text: ``context_length``, ``width``, ``heads`` and ``layers`` of the text tower.
    """
    torch.manual_seed(0)
    image = dict(timm_model_name=_IMAGE_TOWER, timm_pool="avg", timm_proj="linear")
    return open_clip.CustomTextCLIP(512, image, dict(text), output_dict=True)  # type: ignore[arg-type]


class JointLoss(nn.Module):
    """open_clip's loss of the pairs, and a cross entropy over class texts that it encodes itself.

    open_clip's loop calls it with the features of all images, labelled ones first, and of the
    captions.

    Args:
        model: The two towers.
        class_ids: Token ids of all class texts, padded to the longest, (N, L).
        labels: Classes of the labelled images, (B_c,).
    """

    def __init__(self, model: nn.Module, class_ids: Tensor, labels: Tensor) -> None:
        super().__init__()
        self._model = [model]  # in a list, which hides it: its parameters are not the loss's
        self.class_ids, self.labels = class_ids, labels
        self.pairs = ClipLoss()

    def forward(
        self, image_features: Tensor, text_features: Tensor, logit_scale: Tensor, **_: Any
    ) -> dict[str, Tensor]:
        """Compute both losses."""
        labelled, paired = image_features.split([len(self.labels), len(text_features)])
        model: Any = self._model[0]
        class_features = model.encode_text(self.class_ids, normalize=True)  # N, D
        logits = logit_scale * labelled @ class_features.T  # B_c, N
        return {
            "class_loss": F.cross_entropy(logits, self.labels),
            "contrastive_loss": self.pairs(paired, text_features, logit_scale),
        }


@dataclass
class _OneBatch:
    """A data loader of one batch, as open_clip's loop takes it."""

    batch: tuple[Tensor, Tensor]
    num_batches = 1

    @property
    def num_samples(self) -> int:
        return len(self.batch[0])

    def __iter__(self) -> Any:
        return iter([self.batch])


class OpenClipStep:
    """One step of open_clip's own training loop on one batch, once per call.

    Args:
        model: Its model.
        loss: Its loss, or :class:`JointLoss`.
        images: Normalized images, (B, 3, H, W).
        captions: Token ids, (B_p, L).
        device: The device.
        bf16: Whether under bfloat16 autocast.
    """

    def __init__(
        self, model: nn.Module, loss: nn.Module, images: Tensor, captions: Tensor, device: str,
        bf16: bool = False,
    ) -> None:  # fmt: skip
        self.model, self.loss = model.to(device), loss
        self.data = {"train": SimpleNamespace(
            dataloader=_OneBatch((images, captions)), set_epoch=lambda epoch: None
        )}  # fmt: skip
        self.optimizer = _optimizer(model)
        # A rank other than 0 logs nothing.
        self.options = Namespace(
            device=device, precision="amp_bf16" if bf16 else "fp32", distill=False, accum_freq=1,
            skip_scheduler=True, horovod=False, grad_clip_norm=None, rank=1, local_rank=1,
            world_size=1, log_every_n_steps=1, log_local=False,
        )  # fmt: skip

    def __call__(self) -> None:
        """Take the step."""
        train_one_epoch(
            self.model, self.data, self.loss, 0, self.optimizer, None, None, None, self.options
        )


def _optimizer(model: nn.Module) -> torch.optim.AdamW:
    """Build AdamW as open_clip's main does: vectors and scalars without weight decay."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": 0.2},
    ]
    return torch.optim.AdamW(groups, lr=1e-4, betas=(0.9, 0.98), eps=1e-6)
