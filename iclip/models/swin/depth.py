"""How far each parameter of a Swin lies from the heads, for learning rates that differ by layer."""

import re
from collections.abc import Iterable, Sequence

_BLOCK = re.compile(r"layers\.(\d+)\.blocks\.(\d+)\.")
_MERGING = re.compile(r"layers\.(\d+)\.downsample\.")
_NORM = re.compile(r"norm(\d*)\.")


def layers_to_heads(
    names: Iterable[str], depths: Sequence[int], merging_first: bool
) -> dict[str, int]:
    """Count the layers from each parameter to the heads, which are timm's layers of a Swin.

    The last block is 1 layer away, the first one as many as there are blocks, and the stem one
    more. A merging of tokens counts with the block behind it, the norm of the last map with the
    last block. The norms of earlier maps are 0 layers away, as the heads are: timm's classifiers
    and pre-training do not have them, so they are new as well.

    Args:
        names: Names of the backbone's parameters.
        depths: Blocks of each stage that the backbone has.
        merging_first: Whether a stage's ``downsample`` comes before its blocks, as timm has it, or
            behind them, as mmaction has it.

    Raises:
        ValueError: A name is not one of a Swin's.
    """
    blocks = sum(depths)
    return {name: blocks + 1 - _layer(name, depths, merging_first) for name in names}


def _layer(name: str, depths: Sequence[int], merging_first: bool) -> int:
    """Return the number of a parameter's layer: 0 the stem, then one per block, then the heads."""
    if name.startswith("patch_embed."):
        return 0
    if match := _BLOCK.match(name):
        return 1 + sum(depths[: int(match[1])]) + int(match[2])
    if match := _MERGING.match(name):
        following = int(match[1]) + (0 if merging_first else 1)
        return 1 + sum(depths[:following])
    if match := _NORM.match(name):
        is_last = match[1] in ("", str(len(depths) - 1))
        return sum(depths) + (0 if is_last else 1)
    raise ValueError(f"{name} is not the name of a parameter of a Swin")
