"""Swin-T for images beside mmdet's own, with the same weights."""

import argparse
import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from iclip.benchmarks.harness.timed import Case, Run, TimedMeasurement

Shape = tuple[int, ...]


def sizes(text: str) -> Shape:
    """Parse a shape such as ``8x224x224``."""
    try:
        shape = tuple(map(int, text.split("x")))
    except ValueError:
        shape = ()
    if not shape or min(shape) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: give whole numbers with x, such as 8x224x224")
    return shape


class Backbone(TimedMeasurement):
    """Time and memory of iclip.SwinBackbone, Swin-T with all four maps.

    With --peer beside mmdet's SwinTransformer, which has the same weights.
    """

    peer = "mmdet's SwinTransformer"
    growth = "pixels"
    unit = "images"
    option, shape_words = "--images", "BxHxW"
    shapes: tuple[Shape, ...] = ((8, 224, 224), (1, 800, 1333))
    tiny_shapes: tuple[Shape, ...] = ((1, 56, 56),)

    def add_case_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the sizes of the inputs and the precision."""
        parser.add_argument(
            self.option, dest="shapes", nargs="+", type=sizes, metavar=self.shape_words,
            help=f"inputs (default: {' '.join('x'.join(map(str, s)) for s in self.shapes)})",
        )  # fmt: skip
        parser.add_argument("--bf16", action="store_true", help="under bfloat16 autocast")

    def check(self, args: argparse.Namespace) -> None:
        """Refuse a shape with another number of sizes than the network takes."""
        for shape in args.shapes or ():
            if len(shape) != len(self.shape_words.split("x")):
                given = "x".join(map(str, shape))
                raise ValueError(f"{self.option} {given}: give {self.shape_words}")

    def sides(self, args: argparse.Namespace) -> tuple[str, ...]:
        """Name the hub and, with --peer, the framework."""
        return ("iclip", "mmdet") if args.peer else ("iclip",)

    def cases(self, args: argparse.Namespace) -> Iterator[Case]:
        """Yield both passes of each input."""
        from iclip.benchmarks.peers.swin_pairs import PASSES

        shapes = args.shapes or (self.tiny_shapes if args.tiny else self.shapes)
        for name in PASSES:
            for shape in shapes:
                title = f"{'x'.join(map(str, shape[1:]))}, batch {shape[0]}, {name}"
                builds: dict[str, Callable[[], Run]] = {
                    side: partial(self._pass, side, shape, name, args) for side in self.sides(args)
                }
                yield Case(title, builds, items=shape[0], size=math.prod(shape))

    def network(self, side: str) -> Any:
        """Build a side's network."""
        from iclip.benchmarks.peers.swin_pairs import swin

        return swin(side)

    def _pass(self, side: str, shape: Shape, name: str, args: argparse.Namespace) -> Run:
        """Build a side's network and an input, and return its pass."""
        from iclip.benchmarks.peers.swin_pairs import BackbonePass, random_inputs

        # B, H, W -> B, 3, H, W; a video's B, T, H, W -> B, 3, T, H, W
        inputs = random_inputs((shape[0], 3, *shape[1:])).to(args.device)
        model = self.network(side).to(args.device)
        return BackbonePass(model, inputs, name, self.settings(args), args.bf16)
