"""A training checkpoint around a small Swin."""

from pathlib import Path

import pytest
import torch

from iclip.models import SwinBackbone
from tests.support.random_backbone import SIZES, random_backbone


@pytest.fixture(scope="module")
def backbone() -> SwinBackbone:
    return random_backbone(arch=SIZES)


@pytest.fixture
def checkpoint(backbone: SwinBackbone, tmp_path: Path) -> Path:
    """A small checkpoint of pre-training."""
    weights = {f"backbone.{name}": tensor for name, tensor in backbone.state_dict().items()}
    path = tmp_path / "latest.pth"
    torch.save(
        {
            "state_dict": weights | {"logit_scale": torch.tensor(3.0)},
            "meta": {"iter": 7, "samples_seen": 896, "image_size": 224, "seed": 1},
            "optimizer": {"state": {}},
        },
        path,
    )
    return path
