"""The notes on what a class has and a checkpoint of pre-training lacks."""

from pathlib import Path

import pytest
import torch

from iclip.export import export_checkpoint
from tests.support.random_backbone import SIZES, random_backbone

ALL = (0, 1, 2, 3)


@pytest.mark.parametrize(
    ("layout", "maps", "note"),
    [
        ("openmmlab", None, "new in the class: norm0, norm1, norm2, norms of maps"),
        ("official", None, "ignores norm.weight and norm.bias and has norm0, norm1, norm2,"),
        ("openmmlab", ALL, ""),
        ("official", ALL, ""),
        ("timm", None, ""),
    ],
)
def test_what_pretraining_lacks_for_a_class_is_noted(
    layout: str, maps: tuple[int, ...] | None, note: str, tmp_path: Path
):
    torch.save(random_backbone(arch=SIZES, out_indices=maps).state_dict(), tmp_path / "run.pth")
    manifest = export_checkpoint(tmp_path / "run.pth", layout, tmp_path / "out.pth")
    notes = " ".join(manifest["notes"])
    assert note in notes
    assert ("norm1" in notes) == bool(note)
