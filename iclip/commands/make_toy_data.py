"""Draw the toy world: procedural images in the formats of the real data sets.

    python tools/make_toy_data.py --root data/toy

Writes labelled images (a folder per class), image-text pairs (tar shards), a retrieval test set,
LVIS, ADE20K and Kinetics in small, the class texts, and preview.png, which shows them all. Each
part appears whole or not at all; a second run with the same settings draws what is missing.
"""

import argparse
from dataclasses import fields
from pathlib import Path

from iclip.toy.build import PARTS, make_world
from iclip.toy.world import WorldConfig

_ALIASES = {"image_size": ["--size"]}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options; every setting of `WorldConfig` is one."""
    parser.add_argument("--root", type=Path, required=True, help="folder of the world")
    parser.add_argument("--workers", type=int, default=2, help="drawing processes (default: 2)")
    parser.add_argument(
        "--only",
        metavar="PART,...",
        default=",".join(PARTS),
        help=f"parts to draw (default: all, {','.join(PARTS)})",
    )
    world = parser.add_argument_group("world", "What is drawn. Same settings, same bytes.")
    for setting in fields(WorldConfig):
        flags = ["--" + setting.name.replace("_", "-"), *_ALIASES.get(setting.name, [])]
        text = f"{setting.metadata['help']} (default: {setting.default})"
        if isinstance(setting.default, bool):
            world.add_argument(*flags, dest=setting.name, action="store_true", help=text)
            continue
        kind = type(setting.default)
        world.add_argument(
            *flags, dest=setting.name, type=kind, default=setting.default,
            metavar="N" if kind is int else "X", help=text,
        )  # fmt: skip


def run(args: argparse.Namespace) -> None:
    """Draw the world."""
    settings = {setting.name: getattr(args, setting.name) for setting in fields(WorldConfig)}
    only = [name.strip() for name in args.only.split(",") if name.strip()]
    try:
        make_world(args.root, WorldConfig(**settings), args.workers, only)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("interrupted; the parts that are done are kept") from None
