"""Draw the toy world: procedural pictures in the formats of the real data sets.

    python tools/make_toy_data.py --root data/toy

writes labelled images (a folder a class), image-text pairs (tar shards), a retrieval test set,
LVIS, ADE20K and Kinetics in small, the class texts, and preview.png, which shows them all. Each
part appears whole or not at all; a second run with the same settings draws what is missing.
"""

import argparse
import sys
from dataclasses import fields
from pathlib import Path

from iclip.command_line import report_user_errors, tool_parser
from iclip.toy.build import PARTS, make_world
from iclip.toy.world import WorldConfig

_ALIASES = {"image_size": ["--size"]}


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line; every knob of `WorldConfig` is an option."""
    parser = tool_parser("make_toy_data", __doc__)
    parser.add_argument("--root", type=Path, required=True, help="folder of the world")
    parser.add_argument("--workers", type=int, default=2, help="drawing processes (default: 2)")
    parser.add_argument(
        "--only",
        metavar="PART,...",
        default=",".join(PARTS),
        help=f"parts to draw (default: all, {','.join(PARTS)})",
    )
    knobs = parser.add_argument_group("world", "What is drawn. Same settings, same bytes.")
    for knob in fields(WorldConfig):
        flags = ["--" + knob.name.replace("_", "-"), *_ALIASES.get(knob.name, [])]
        text = f"{knob.metadata['help']} (default: {knob.default})"
        if isinstance(knob.default, bool):
            knobs.add_argument(*flags, dest=knob.name, action="store_true", help=text)
            continue
        kind = type(knob.default)
        metavar = "N" if kind is int else "X"
        knobs.add_argument(
            *flags, dest=knob.name, type=kind, default=knob.default, metavar=metavar, help=text
        )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Draw the world; return the exit status."""
    options = parse_arguments(arguments)
    knobs = {knob.name: getattr(options, knob.name) for knob in fields(WorldConfig)}
    only = [name.strip() for name in options.only.split(",") if name.strip()]
    try:
        return report_user_errors(
            lambda: make_world(options.root, WorldConfig(**knobs), options.workers, only),
            options.traceback,
        )
    except KeyboardInterrupt:
        print("make_toy_data: interrupted; the parts that are done are kept", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
