"""What the loaders of the libraries do with a file is counted."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from iclip.benchmarks.peers.library_loaders import LOADERS, Export
from iclip.benchmarks.peers.tensor_counts import count_load
from iclip.checkpoints.weight_files import read_tensors
from iclip.models import SwinBackbone
from tests.benchmarks.peers.small_swin import LAYOUTS, SIZES, TENSORS

DETECTION = "mmdet.SwinTransformer"


@pytest.mark.parametrize(
    ("layout", "loader"), [(layout, loader) for layout in LAYOUTS for loader in LOADERS[layout]]
)
def test_every_tensor_finds_its_place(layout: str, loader: str, exports: dict[str, Export]):
    load = count_load(exports[layout], loader)
    assert (load.layout, load.loader, load.in_file) == (layout, loader, TENSORS)
    assert (load.elsewhere > 0) == (layout == "iclip")
    # mmdet gives the original's last norm no place; mmaction does.
    lost = 2 if (layout, loader) == ("official", DETECTION) else 0
    assert load.matched == TENSORS - lost
    assert len(load.missing) == len(load.left_over) == lost


def test_what_a_loader_passes_over_is_counted(
    exports: dict[str, Export], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    weights = read_tensors(exports["timm"].file)[0]
    torch.save(weights | {"extra": torch.ones(1)}, tmp_path / "more.pth")

    def load_silently(export: Export, maps: Sequence[int]) -> nn.Module:
        weights = read_tensors(export.file)[0]
        del weights["norm.weight"]
        model = SwinBackbone(arch=SIZES)
        model.load_state_dict(weights, strict=False)
        return model

    monkeypatch.setitem(LOADERS["timm"], "silent", load_silently)
    load = count_load(replace(exports["timm"], file=tmp_path / "more.pth"), "silent")
    assert (load.in_file, load.matched) == (TENSORS + 1, TENSORS - 1)
    assert load.missing == ("norm.weight",)
    assert load.left_over == ("extra", "dropped by the loader")
