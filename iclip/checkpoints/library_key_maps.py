"""torchvision's and transformers' Swin, by the hub's names.

Both are the original network with other names. torchvision counts stem, stages and mergings through
(``features.0`` to ``features.7``). transformers keeps queries, keys and values apart, and has two
generations of names: files and older versions have ``attention.self.query``, models of version 5
``attention.q_proj``.
"""

import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from iclip.checkpoints.key_maps import BUFFERS, official_to_iclip

Rules = Sequence[tuple[str, str]]

_TORCHVISION: Rules = (
    (r"^features\.0\.0\.", "patch_embed.proj."),
    (r"^features\.0\.2\.", "patch_embed.norm."),
    (r"\.mlp\.0\.", ".mlp.fc1."),
    (r"\.mlp\.3\.", ".mlp.fc2."),
)
_TRANSFORMERS: Rules = (
    (r"^embeddings\.patch_embeddings\.projection\.", "patch_embed.proj."),
    (r"^embeddings\.norm\.", "patch_embed.norm."),
    (r"^encoder\.", ""),
    (r"\.attention\.self\.(relative_position)", r".attn.\1"),
    (r"\.attention\.relative_position_bias\.(relative_position)", r".attn.\1"),
    (r"\.attention\.(?:self\.query|q_proj)\.", ".attn.q."),
    (r"\.attention\.(?:self\.key|k_proj)\.", ".attn.k."),
    (r"\.attention\.(?:self\.value|v_proj)\.", ".attn.v."),
    (r"\.attention\.(?:output\.dense|o_proj)\.", ".attn.proj."),
    (r"\.layernorm_before\.", ".norm1."),
    (r"\.layernorm_after\.", ".norm2."),
    (r"\.intermediate\.dense\.", ".mlp.fc1."),
    (r"(blocks\.\d+)\.output\.dense\.", r"\1.mlp.fc2."),
    (r"^layernorm\.", "norm."),
)
MAP_NORMS = "hidden_states_norms."
_MAP_NORM = re.compile(rf"^{re.escape(MAP_NORMS)}(stage)?(\d+)\.")


def torchvision_to_iclip(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename from torchvision's ``SwinTransformer``, without its buffers."""
    return {
        re.sub(r"^features\.(\d+)\.", _stage_or_merging, _renamed(name, _TORCHVISION)): tensor
        for name, tensor in weights.items()
        if not name.endswith(BUFFERS)
    }


def transformers_to_iclip(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename from transformers' ``SwinModel``, without its buffers, and join q, k and v.

    The norms of a backbone's maps, ``hidden_states_norms``, are ``norm0`` and so on.
    """
    named = {_renamed(name, _TRANSFORMERS): tensor for name, tensor in weights.items()}
    named = {_MAP_NORM.sub(_map_norm, name): tensor for name, tensor in named.items()}
    return official_to_iclip(_with_joined_qkv(named))


def _with_joined_qkv(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Stack queries, keys and values; where one of them lacks, the others stay as they are."""
    joined = {}
    for name, tensor in weights.items():
        found = re.fullmatch(r"(.*\.attn\.)([qkv])\.(weight|bias)", name)
        parts = [f"{found[1]}{part}.{found[3]}" for part in "qkv"] if found else []
        if not found or not all(part in weights for part in parts):
            joined[name] = tensor
        elif found[2] == "q":
            joined[f"{found[1]}qkv.{found[3]}"] = torch.cat([weights[part] for part in parts])
    return joined


def _renamed(name: str, rules: Rules) -> str:
    for pattern, replacement in rules:
        name = re.sub(pattern, replacement, name)
    return name


def _stage_or_merging(match: re.Match[str]) -> str:
    """Name the place of torchvision's count: odd numbers are stages, even ones mergings."""
    number = int(match[1])
    return f"layers.{number // 2}." + ("blocks." if number % 2 else "downsample.")


def _map_norm(match: re.Match[str]) -> str:
    """Count maps from 0; ``stage1`` is the first one."""
    return f"norm{int(match[2]) - (1 if match[1] else 0)}."
