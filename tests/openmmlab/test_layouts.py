"""tools/bench_layouts.py in small: it counts what loaders do, and it sees what differs."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from iclip.benchmarks.peers import feature_maps
from iclip.benchmarks.peers.feature_maps import (
    PEERS,
    Comparison,
    Peer,
    compare,
    largest_differences,
)
from iclip.benchmarks.peers.library_loaders import LOADERS, Export, export_all, write_checkpoint
from iclip.benchmarks.peers.tensor_counts import Load, count_load
from iclip.checkpoints.weight_files import read_tensors
from iclip.commands import bench_layouts
from iclip.commands.command_line import main
from iclip.models import SwinBackbone

# open_clip builds by timm's names only, and has none for these sizes.
LAYOUTS = ("iclip", "official", "openmmlab", "timm")
SIZES = dict(embed_dims=24, depths=(2, 2, 2, 2), num_heads=(1, 2, 3, 4))
# 8 blocks of 13 tensors, a stem of 4, three mergings of 3, and a norm.
TENSORS = 8 * 13 + 4 + 3 * 3 + 2
DETECTION = "mmdet.SwinTransformer"


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Export]:
    folder = tmp_path_factory.mktemp("layouts")
    write_checkpoint(SIZES, folder / "latest.pth")
    return export_all(folder / "latest.pth", SIZES, folder, LAYOUTS)


def test_no_weight_stays_at_zero_or_one(exports: dict[str, Export]):
    weights = {n: t for n, t in read_tensors(exports["iclip"].file)[0].items() if "backbone." in n}
    assert len(weights) == TENSORS
    assert all(len(tensor.unique()) > len(tensor) / 2 for tensor in weights.values())


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


def with_sizes(peer: Peer, *sizes: tuple[int, int]) -> Peer:
    return replace(peer, sizes=sizes)


def test_maps_are_equal_where_they_should_be(
    exports: dict[str, Export], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(feature_maps, "PEERS", [with_sizes(p, p.sizes[0]) for p in PEERS])
    rows = list(compare(exports))
    assert [row.peer for row in rows] == [p.loader for p in PEERS if p.layout in LAYOUTS]
    assert [row.frames for row in rows] == [0, 0, 0, 0, 32, 32]
    assert max(max(row.differences) for row in rows) < feature_maps.TOLERANCE


def test_another_network_shows(exports: dict[str, Export], monkeypatch: pytest.MonkeyPatch):
    """At 224, mmdet shifts the windows of the last stage's map, which is one window."""
    (detection,) = (p for p in PEERS if (p.loader, p.layout) == (DETECTION, "openmmlab"))
    monkeypatch.setattr(feature_maps, "PEERS", [with_sizes(detection, (224, 224))])
    (row,) = compare(exports)
    assert max(row.differences[:3]) < feature_maps.TOLERANCE
    assert row.differences[3] > 0.01


def test_the_largest_difference_is_that_of_any_place_and_time():
    image = torch.tensor([1.0, -4.0]).reshape(1, 1, 1, 2)
    video = image[:, :, None].repeat(1, 1, 3, 1, 1)
    video[0, 0, 2, 0, 0] += 1.0
    assert largest_differences([video, image], [image, image]) == (0.25, 0.0)
    with pytest.raises(ValueError, match=r"maps of \(1, 1, 1, 1\) and \(1, 1, 1, 2\)"):
        largest_differences([image[..., :1]], [image])


@pytest.mark.parametrize(("difference", "code"), [(0.9e-5, 0), (1.1e-5, 1)])
def test_command_line(
    difference: float, code: int, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture,
):  # fmt: skip
    row = Comparison("peer", "iclip", (224, 224), 4, (0.0, 0.0, 0.0, difference))
    load = Load("timm", "silent", 5, 2, 4, ("a", "b"), ())
    monkeypatch.setattr(
        "iclip.benchmarks.peers.library_loaders.export_all", lambda *_: {"timm": None}
    )
    monkeypatch.setattr("iclip.benchmarks.peers.library_loaders.LOADERS", {"timm": ["silent"]})
    monkeypatch.setattr("iclip.benchmarks.peers.library_loaders.write_checkpoint", lambda *_: None)
    monkeypatch.setattr("iclip.benchmarks.peers.tensor_counts.count_load", lambda *_: load)
    monkeypatch.setattr("iclip.benchmarks.peers.feature_maps.compare", lambda _: [row])
    out = tmp_path / "layouts.json"
    assert main(bench_layouts, ["--arch", "tiny", "--json", str(out)]) == code
    told = capsys.readouterr().out
    assert "| timm | silent | 5 + 2 of other parts | 4 | 2 (a, b) | 0 |" in told
    assert (
        f"| peer | iclip | 224x224, 4 frames | 0.0e+00 | 0.0e+00 | 0.0e+00 | {difference:.1e}"
        in told
    )
    assert json.loads(out.read_text())["tiny"]["comparisons"][0]["frames"] == 4
