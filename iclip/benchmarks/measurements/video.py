"""Video Swin-T beside mmaction's own, with the same weights."""

import argparse
from typing import Any

from iclip.benchmarks.measurements.backbone import Backbone


class Video(Backbone):
    """Time and memory of iclip.VideoSwinBackbone, Swin-T with the last map.

    With --peer beside mmaction's SwinTransformer3D, which has the same weights.
    """

    peer = "mmaction's SwinTransformer3D"
    unit = "clips"
    option, shape_words = "--clips", "BxTxHxW"
    shapes = ((1, 16, 224, 224),)
    tiny_shapes = ((1, 4, 32, 32),)

    def sides(self, args: argparse.Namespace) -> tuple[str, ...]:
        """Name the hub and, with --peer, the framework."""
        return ("iclip", "mmaction") if args.peer else ("iclip",)

    def network(self, side: str) -> Any:
        """Build a side's network."""
        from iclip.benchmarks.peers.swin_pairs import video_swin

        return video_swin(side)
