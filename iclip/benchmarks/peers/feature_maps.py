"""Maps of all stages for one set of weights, in the hub's backbones and in the libraries' own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from iclip.benchmarks.peers.library_loaders import LOADERS, Export, randomize

Size = tuple[int, int]
MAPS = (0, 1, 2, 3)  # of all stages
TOLERANCE = 1e-5  # largest difference of float32 maps over the largest value
# timm's classifier equals the original at the size that it was built for, and only there.
CLASSIFIER_SIZES: tuple[Size, ...] = ((224, 224),)
# Every map is larger than a window: the last one of 448 x 448 has 14 x 14 tokens. At 224, mmdet and
# mmseg shift the windows of a map that is one window; the original does not.
DETECTOR_SIZES: tuple[Size, ...] = ((448, 448), (512, 640), (800, 1333), (517, 731))
VIDEO_SIZES: tuple[Size, ...] = ((224, 224), (448, 448), (512, 640), (800, 1333))
# Frames of a still video: two tokens in time; at 224 sixteen, for two windows and their shift.
FRAMES, FRAMES_AT_224 = 4, 32


@dataclass(frozen=True)
class Comparison:
    """One network compared with ``iclip.SwinBackbone`` at one size.

    Attributes:
        peer: The other network.
        layout: Layout of the file that it has loaded; ours has loaded the layout ``iclip``.
        size: Height and width of the image.
        frames: Frames of the still video; 0 for an image.
        differences: The largest difference over the largest value, for each stage's map.
    """

    peer: str
    layout: str
    size: Size
    frames: int
    differences: tuple[float, ...]


def backbone_maps(model: nn.Module, inputs: Tensor, norms: Sequence[nn.Module]) -> Sequence[Tensor]:
    """Return the maps of OpenMMLab's backbones and ours, (B, C, H, W) or (B, C, T, H, W)."""
    for i, norm in enumerate(norms):
        model.get_submodule(f"norm{i}").load_state_dict(norm.state_dict())
    return model(inputs)


def timm_maps(model: Any, images: Tensor, norms: Sequence[nn.Module]) -> Sequence[Tensor]:
    """Return each stage's map of timm's classifier, the last one after its own norm."""
    maps = model.forward_intermediates(images, intermediates_only=True)
    # B, C, H, W -> B, H, W, C for the norm, and back.
    return [
        norm(features.movedim(1, -1)).movedim(-1, 1)
        for norm, features in zip((*norms, model.norm), maps, strict=True)
    ]


def open_clip_maps(model: Any, images: Tensor, norms: Sequence[nn.Module]) -> Sequence[Tensor]:
    """Return each stage's map of an open_clip model's image tower."""
    return timm_maps(model.visual.trunk, images, norms)


@dataclass(frozen=True)
class PeerBackbone:
    """A network that is compared, and the sizes at which it should be equal.

    Attributes:
        loader: Its name in ``LOADERS``.
        layout: Layout of the file that it loads.
        sizes: Sizes at which it should be equal.
        maps: Returns the maps of a model and an input, normalized by our norms of the first maps.
        norms: Number of norms that it gets from ours; pre-training has the last map's only.
        is_video: Whether it takes videos.
    """

    loader: str
    layout: str
    sizes: tuple[Size, ...]
    maps: Callable[[Any, Tensor, Sequence[nn.Module]], Sequence[Tensor]] = backbone_maps
    norms: int = 3
    is_video: bool = False


PEERS = (
    PeerBackbone("timm.create_model", "timm", CLASSIFIER_SIZES, timm_maps),
    PeerBackbone(
        "open_clip.create_model_and_transforms", "open_clip", CLASSIFIER_SIZES, open_clip_maps
    ),
    PeerBackbone("mmdet.SwinTransformer", "openmmlab", DETECTOR_SIZES),
    PeerBackbone("mmdet.SwinTransformer", "official", DETECTOR_SIZES[:1], norms=4),
    PeerBackbone("mmseg.SwinTransformer", "openmmlab", DETECTOR_SIZES),
    PeerBackbone("iclip.VideoSwinBackbone", "iclip", VIDEO_SIZES, is_video=True),
    PeerBackbone("mmaction.SwinTransformer3D", "official", VIDEO_SIZES[:1], is_video=True),
)


@torch.no_grad()
def compare(exports: Mapping[str, Export], sizes: int | None = None) -> Iterator[Comparison]:
    """Compare each of :data:`PEERS` with ``iclip.SwinBackbone``, each from the file of its layout.

    No checkpoint of pre-training has norms of the first three maps: they are drawn at random and
    given to both networks.

    Args:
        exports: Exports of one checkpoint by layout; peers of absent layouts are left out.
        sizes: Number of sizes of each peer, the first ones; None: all.
    """
    ours = LOADERS["iclip"]["iclip.SwinBackbone"](exports["iclip"], MAPS).eval()
    norms = [ours.get_submodule(f"norm{i}") for i in MAPS]
    torch.manual_seed(1)
    for norm in norms[:3]:
        randomize(norm)
    expected: dict[Size, Sequence[Tensor]] = {}
    for peer in PEERS:
        if peer.layout not in exports:
            continue
        model = LOADERS[peer.layout][peer.loader](exports[peer.layout], MAPS)
        model.eval()  # on its own line, since mmdet's returns None
        for size in peer.sizes[:sizes]:
            images = torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(sum(size)))
            if size not in expected:
                expected[size] = ours(images)
            frames = 0
            if peer.is_video:
                frames = FRAMES_AT_224 if size == (224, 224) else FRAMES
                # B, C, H, W -> B, C, T, H, W
                images = images[:, :, None].expand(-1, -1, frames, -1, -1)
            maps = peer.maps(model, images, norms[: peer.norms])
            differences = largest_differences(maps, expected[size])
            yield Comparison(peer.loader, peer.layout, size, frames, differences)


def largest_differences(given: Sequence[Tensor], expected: Sequence[Tensor]) -> tuple[float, ...]:
    """Return the largest difference over the largest value for each map, a video's over all frames.

    Args:
        given: (B, C, H, W) or (B, C, T, H, W) each.
        expected: (B, C, H, W) each.

    Raises:
        ValueError: The shapes differ in more than the frames.
    """
    found = []
    for theirs, ours in zip(given, expected, strict=True):
        # A video's maps (B, C, T, H, W) are compared with (B, C, 1, H, W) at every time.
        ours = ours[:, :, None] if theirs.dim() == 5 else ours
        if theirs.shape[:2] != ours.shape[:2] or theirs.shape[-2:] != ours.shape[-2:]:
            raise ValueError(f"maps of {tuple(theirs.shape)} and {tuple(ours.shape)}")
        found.append(float((theirs - ours).abs().max() / ours.abs().max()))
    return tuple(found)
