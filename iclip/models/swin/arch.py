"""The sizes of a Swin Transformer."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from torch import Tensor

_TABLE = re.compile(r"layers\.(\d+)\.blocks\.\d+\.attn\.relative_position_bias_table")


@dataclass(frozen=True)
class SwinArch:
    """Channels, blocks and heads of each stage.

    Args:
        embed_dims: Channels of the first stage; each further stage has twice as many.
        depths: Blocks of each stage.
        num_heads: Attention heads of each stage.

    Raises:
        ValueError: The numbers do not fit together.
    """

    embed_dims: int
    depths: tuple[int, ...]
    num_heads: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.depths) != len(self.num_heads):
            raise ValueError(
                f"arch has depths={self.depths} and num_heads={self.num_heads}; give one number "
                "per stage in both"
            )
        for i, (dim, heads) in enumerate(zip(self.dims, self.num_heads, strict=True)):
            if dim % heads:
                raise ValueError(
                    f"arch has embed_dims={self.embed_dims} and num_heads={self.num_heads}: the "
                    f"{dim} channels of stage {i} do not divide into {heads} heads"
                )

    @property
    def dims(self) -> tuple[int, ...]:
        """Channels of each stage, doubled from one to the next."""
        return tuple(self.embed_dims << i for i in range(len(self.depths)))

    def drop_path_rates(self, last: float) -> list[list[float]]:
        """Spread probabilities evenly over the blocks, from 0 to ``last``; a list per stage."""
        steps = max(sum(self.depths) - 1, 1)  # a single block has the probability 0
        rates = iter([last * i / steps for i in range(sum(self.depths))])
        return [list(islice(rates, depth)) for depth in self.depths]

    @classmethod
    def parse(cls, arch: str | Mapping[str, Any]) -> "SwinArch":
        """Read the setting ``arch``: a name, or a mapping of the three numbers.

        Raises:
            ValueError: The name is unknown, or the keys are not those of the three numbers.
        """
        if isinstance(arch, str):
            if arch not in ARCHITECTURES:
                raise ValueError(
                    f"arch={arch!r} is unknown; take one of {', '.join(map(repr, ARCHITECTURES))}, "
                    "or a dict of 'embed_dims', 'depths' and 'num_heads'"
                )
            return ARCHITECTURES[arch]
        if set(arch) != {"embed_dims", "depths", "num_heads"}:
            raise ValueError(
                f"arch has the keys {', '.join(map(repr, arch))}; it takes 'embed_dims', 'depths' "
                "and 'num_heads', all three and nothing else"
            )
        return cls(arch["embed_dims"], tuple(arch["depths"]), tuple(arch["num_heads"]))

    @classmethod
    def from_weights(cls, weights: Mapping[str, Tensor]) -> tuple["SwinArch", int]:
        """Read the sizes from a backbone's weights, by the names of ``iclip.SwinBackbone``.

        Returns:
            The architecture, and the side of its windows in tokens.
        """
        # Each block has one table of relative positions, ((2 * window - 1)**2, heads).
        tables = [
            (int(match[1]), table)
            for name, table in weights.items()
            if (match := _TABLE.fullmatch(name))
        ]
        # Per stage, the tables of its blocks.
        stages = [[table for i, table in tables if i == stage] for stage in dict(tables)]
        arch = cls(
            embed_dims=len(weights["patch_embed.norm.weight"]),
            depths=tuple(map(len, stages)),
            num_heads=tuple(blocks[0].shape[1] for blocks in stages),
        )
        offsets = round(len(tables[0][1]) ** 0.5)  # 2 * window - 1
        return arch, (offsets + 1) // 2


def check_stages(out_indices: Sequence[int] | None, frozen_stages: int, stages: int) -> None:
    """Check the settings that name stages.

    Args:
        out_indices: Stages whose maps are returned; None: the last.
        frozen_stages: -1, or how many stages are frozen behind the stem.
        stages: Number of stages.

    Raises:
        ValueError: One names a stage that the network does not have.
    """
    if out_indices is not None:
        outside = [i for i in out_indices if not 0 <= i < stages]
        if outside or not out_indices or len(set(out_indices)) < len(out_indices):
            raise ValueError(
                f"out_indices={tuple(out_indices)}: name stages between 0 and {stages - 1}, each "
                "once, or give None for the last stage behind the norm of pre-training"
            )
    if not -1 <= frozen_stages <= stages:
        raise ValueError(
            f"frozen_stages={frozen_stages}: the network has {stages} stages; give -1 (train all), "
            f"0 (freeze the stem) or up to {stages} (freeze that many stages as well)"
        )


# arXiv:2103.14030, section 3.3.
ARCHITECTURES = {
    "tiny": SwinArch(96, (2, 2, 6, 2), (3, 6, 12, 24)),
    "small": SwinArch(96, (2, 2, 18, 2), (3, 6, 12, 24)),
    "base": SwinArch(128, (2, 2, 18, 2), (4, 8, 16, 32)),
    "large": SwinArch(192, (2, 2, 18, 2), (6, 12, 24, 48)),
}
