"""How each library names and arranges the weights of a Swin Transformer.

All layouts have the same tensors. :data:`SWIN_LAYOUTS` is the table of their differences, from
which loading, export and inflation follow:

- the prefix of the backbone's names in a whole model, and the place of the weights in a file;
- parts of the names, where the hub has timm's;
- the merging of 2 x 2 tokens, which belongs to the next stage (timm, the hub) or to the previous
  one (the original), and whose channels mmdet orders differently;
- the norm behind the last stage: ``norm``, or ``norm3`` if each map has its own norm.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from torch import Tensor

from iclip.checkpoints.swin_tensors import (
    BUFFERS,
    Weights,
    join_qkv,
    square_to_unfold,
    unfold_to_square,
)

# In transformers, the names of the norms of a backbone's maps, which are not part of its model.
TRANSFORMERS_MAP_NORMS = "hidden_states_norms."
_STAGES = range(16)  # more than any Swin has


@dataclass(frozen=True)
class SwinLayout:
    """A library's layout, by its differences from the hub's.

    Attributes:
        prefix: What the backbone's names begin with in a whole model.
        file_key: Key of the weights in a file; empty: the file holds nothing else.
        names: Parts of names, (theirs, the hub's), replaced in this order. A dot is put in front of
            each name before, so that a part can begin with one.
        first_attention: Patterns of the name of the first attention's weight, by which a file's
            layout is recognized. Empty: the names are timm's, or the layout is only written.
        merging_in_previous_stage: Whether a merging belongs to the stage before it.
        merging_unfolds: Whether its channels are in the order of ``nn.Unfold``.
        numbers_last_norm: Whether the last norm is ``norm3`` (of four stages), not ``norm``.
    """

    prefix: str = ""
    file_key: str = ""
    names: tuple[tuple[str, str], ...] = ()
    first_attention: tuple[str, ...] = ()
    merging_in_previous_stage: bool = False
    merging_unfolds: bool = False
    numbers_last_norm: bool = False


SWIN_LAYOUTS = {
    "iclip": SwinLayout(prefix="backbone.", file_key="state_dict"),
    "timm": SwinLayout(first_attention=(r"layers[._]0\.blocks\.0\.attn\.qkv\.weight",)),
    # The original repository's, which UniCL, SimMIM and detectron2 have in their files, too.
    "official": SwinLayout(file_key="model", merging_in_previous_stage=True),
    # mmdet's and mmseg's.
    "openmmlab": SwinLayout(
        prefix="backbone.",
        file_key="state_dict",
        names=(
            (".stages.", ".layers."),
            (".patch_embed.projection.", ".patch_embed.proj."),
            (".attn.w_msa.", ".attn."),
            (".ffn.layers.0.0.", ".mlp.fc1."),
            (".ffn.layers.1.", ".mlp.fc2."),
        ),
        first_attention=(r"stages\.0\.blocks\.0\.attn\.w_msa\.qkv\.weight",),
        merging_in_previous_stage=True,
        merging_unfolds=True,
        numbers_last_norm=True,
    ),
    "open_clip": SwinLayout(prefix="visual.trunk."),
    # Numbered in one sequence: the stem is 0, the stages are odd, the mergings even.
    "torchvision": SwinLayout(
        names=(
            (".features.0.0.", ".patch_embed.proj."),
            (".features.0.2.", ".patch_embed.norm."),
            *((f".features.{2 * i}.", f".layers.{i}.downsample.") for i in _STAGES),
            *((f".features.{2 * i + 1}.", f".layers.{i}.blocks.") for i in _STAGES),
            (".mlp.0.", ".mlp.fc1."),
            (".mlp.3.", ".mlp.fc2."),
        ),
        first_attention=(r"features\.1\.0\.attn\.qkv\.weight",),
    ),
    # Files, and versions before 5, name a query ``self.query``; models of version 5, ``q_proj``.
    "transformers": SwinLayout(
        names=(
            (".embeddings.patch_embeddings.projection.", ".patch_embed.proj."),
            (".embeddings.norm.", ".patch_embed.norm."),
            (".encoder.layers.", ".layers."),
            (".attention.self.relative_position", ".attn.relative_position"),
            (".attention.relative_position_bias.relative_position", ".attn.relative_position"),
            *((f".attention.self.{p}.", f".attn.{p[0]}.") for p in ("query", "key", "value")),
            *((f".attention.{p}_proj.", f".attn.{p}.") for p in "qkv"),
            (".attention.output.dense.", ".attn.proj."),
            (".attention.o_proj.", ".attn.proj."),
            (".layernorm_before.", ".norm1."),
            (".layernorm_after.", ".norm2."),
            (".intermediate.dense.", ".mlp.fc1."),
            (".output.dense.", ".mlp.fc2."),
            (".layernorm.", ".norm."),
            *((f".{TRANSFORMERS_MAP_NORMS}stage{i + 1}.", f".norm{i}.") for i in _STAGES),
            *((f".{TRANSFORMERS_MAP_NORMS}{i}.", f".norm{i}.") for i in _STAGES),
        ),
        first_attention=(
            r"encoder\.layers\.0\.blocks\.0\.attention\.self\.query\.weight",
            r"encoder\.layers\.0\.blocks\.0\.attention\.q_proj\.weight",
        ),
        merging_in_previous_stage=True,
    ),
    # Only written. Its names are those of ``official`` except for the last norm, so it is read so.
    "mmaction": SwinLayout(
        file_key="state_dict", merging_in_previous_stage=True, numbers_last_norm=True
    ),
}
READ_LAYOUTS = tuple(name for name in SWIN_LAYOUTS if name != "mmaction")


def to_layout(weights: Weights, name: str) -> dict[str, Tensor]:
    """Rename and reorder the hub's weights for a library.

    Args:
        weights: Tensors by the names of :class:`iclip.models.SwinBackbone`.
        name: Key of the layout in :data:`SWIN_LAYOUTS`; not ``transformers``, whose queries, keys
            and values are separate.

    Returns:
        Tensors by the layout's names, without its prefix.
    """
    layout = SWIN_LAYOUTS[name]
    mapped = {}
    for key, tensor in weights.items():
        if layout.merging_unfolds and ".downsample." in key:
            tensor = square_to_unfold(tensor)
        key = _move_merging(key, -1) if layout.merging_in_previous_stage else key
        mapped[_renamed(key, ((ours, theirs) for theirs, ours in layout.names))] = tensor
    return name_last_norm(mapped, _last_stage(weights)) if layout.numbers_last_norm else mapped


def from_layout(weights: Weights, name: str) -> dict[str, Tensor]:
    """Rename and reorder a library's weights for the hub, without buffers.

    Args:
        weights: Tensors by the layout's names, without its prefix.
        name: Key of the layout in :data:`SWIN_LAYOUTS`.

    Returns:
        Tensors by the names of :class:`iclip.models.SwinBackbone`.
    """
    layout = SWIN_LAYOUTS[name]
    own = {key: tensor for key, tensor in weights.items() if not key.endswith(BUFFERS)}
    mapped = {}
    for key, tensor in join_qkv({_renamed(k, layout.names): t for k, t in own.items()}).items():
        if layout.merging_unfolds and ".downsample." in key:
            tensor = unfold_to_square(tensor)
        mapped[_move_merging(key, +1) if layout.merging_in_previous_stage else key] = tensor
    if layout.numbers_last_norm:
        mapped = name_last_norm(mapped, _last_stage(mapped), numbered=False)
    return mapped


def name_last_norm(weights: Weights, last: int, numbered: bool = True) -> dict[str, Tensor]:
    """Rename the norm behind the last stage: to ``norm<last>``, or to ``norm``.

    Args:
        weights: Tensors by name.
        last: Index of the last stage.
        numbered: Whether it becomes ``norm<last>``, the norm of the last map; else it becomes
            ``norm``, as in pre-training.
    """
    given, wanted = ("norm.", f"norm{last}.") if numbered else (f"norm{last}.", "norm.")
    return {
        wanted + name.removeprefix(given) if name.startswith(given) else name: tensor
        for name, tensor in weights.items()
    }


def _last_stage(weights: Weights) -> int:
    """Return the index of the last stage in weights by the hub's names."""
    return max(int(name.split(".")[1]) for name in weights if name.startswith("layers."))


def _renamed(name: str, parts: Iterable[tuple[str, str]]) -> str:
    """Replace parts of a name, (given, wanted), one after the other."""
    name = f".{name}"
    for given, wanted in parts:
        name = name.replace(given, wanted)
    return name.removeprefix(".")


def _move_merging(name: str, stages: int) -> str:
    """Move a merging by so many stages, ahead or (negative) back; other names stay as they are."""
    return re.sub(
        r"^layers\.(\d+)\.downsample\.",
        lambda match: f"layers.{int(match[1]) + stages}.downsample.",
        name,
    )
