"""The comparison of maps sees what differs."""

from dataclasses import replace

import pytest
import torch

from iclip.benchmarks.peers import feature_maps
from iclip.benchmarks.peers.feature_maps import PEERS, PeerBackbone, compare, largest_differences
from iclip.benchmarks.peers.library_loaders import Export
from tests.benchmarks.peers.small_swin import LAYOUTS

DETECTION = "mmdet.SwinTransformer"


def with_sizes(peer: PeerBackbone, *sizes: tuple[int, int]) -> PeerBackbone:
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


def test_maps_of_other_sizes_are_not_compared():
    image = torch.ones(1, 1, 1, 2)
    with pytest.raises(ValueError, match=r"maps of \(1, 1, 1, 1\) and \(1, 1, 1, 2\)"):
        largest_differences([image[..., :1]], [image])
