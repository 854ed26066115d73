"""Swin in plain loops: the original's rules, window by window and head by head, and nothing fast.

Written from arXiv:2103.14030 and from what the original codes do at each size: a window no larger
than the map and no shift where it covers the map, in each direction; zeros added below and to the
right, then the roll; regions numbered on the rolled map.
"""

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

Weights = Mapping[str, Tensor]


def stage_maps(
    weights: Weights, image: Tensor, patch: int, window: int, num_heads: tuple[int, ...]
) -> list[Tensor]:
    """Maps (H, W, C) behind each stage, before any output norm, of one image (3, H, W)."""
    tokens = patch_tokens(weights, image, patch)
    maps = []
    for stage, heads in enumerate(num_heads):
        if stage:
            tokens = merge(weights, f"layers.{stage}.downsample", tokens)
        depth = len({k.split(".")[3] for k in weights if k.startswith(f"layers.{stage}.blocks.")})
        for block in range(depth):
            name = f"layers.{stage}.blocks.{block}"
            normed = norm(weights, f"{name}.norm1", tokens)
            shift = window // 2 if block % 2 else 0
            tokens = tokens + attention(weights, f"{name}.attn", normed, window, shift, heads)
            normed = norm(weights, f"{name}.norm2", tokens)
            hidden = linear(weights, f"{name}.mlp.fc1", normed)
            hidden = hidden * (1 + torch.erf(hidden / math.sqrt(2))) / 2
            tokens = tokens + linear(weights, f"{name}.mlp.fc2", hidden)
        maps.append(tokens)
    return maps


def patch_tokens(weights: Weights, image: Tensor, patch: int) -> Tensor:
    _, height, width = image.shape
    rows, columns = math.ceil(height / patch), math.ceil(width / patch)
    padded = image.new_zeros(len(image), rows * patch, columns * patch)
    padded[:, :height, :width] = image
    kernel, bias = weights["patch_embed.proj.weight"], weights["patch_embed.proj.bias"]
    tokens = [
        [
            (kernel * padded[:, r * patch : (r + 1) * patch, c * patch : (c + 1) * patch]).sum(
                (1, 2, 3)
            )
            + bias
            for c in range(columns)
        ]
        for r in range(rows)
    ]
    return norm(weights, "patch_embed.norm", torch.stack([torch.stack(row) for row in tokens]))


def merge(weights: Weights, name: str, tokens: Tensor) -> Tensor:
    height, width, _ = tokens.shape
    tokens = F.pad(tokens, (0, 0, 0, width % 2, 0, height % 2))
    corners = [tokens[r::2, c::2] for r, c in ((0, 0), (1, 0), (0, 1), (1, 1))]
    return linear(
        weights, f"{name}.reduction", norm(weights, f"{name}.norm", torch.cat(corners, -1))
    )


def attention(
    weights: Weights, name: str, tokens: Tensor, window: int, shift: int, heads: int
) -> Tensor:
    sides = tokens.shape[:2]
    size = [min(side, window) for side in sides]
    move = [0 if side <= window else shift for side in sides]
    whole = [math.ceil(side / step) * step for side, step in zip(sides, size, strict=True)]
    tokens = F.pad(tokens, (0, 0, 0, whole[1] - sides[1], 0, whole[0] - sides[0]))
    tokens = torch.roll(tokens, (-move[0], -move[1]), (0, 1))
    regions = region_numbers(whole, size, move)
    out = torch.empty_like(tokens)
    for top in range(0, whole[0], size[0]):
        for left in range(0, whole[1], size[1]):
            area = (slice(top, top + size[0]), slice(left, left + size[1]))
            inside = attend(weights, name, tokens[area], regions[area], window, heads)
            out[area] = inside
    return torch.roll(out, move, (0, 1))[: sides[0], : sides[1]]


def region_numbers(whole: list[int], size: list[int], move: list[int]) -> Tensor:
    """The original's numbering: rows and columns before, inside and behind the last shift."""
    regions = torch.zeros(whole, dtype=torch.long)
    number = 0
    for down in (slice(0, -size[0]), slice(-size[0], -move[0]), slice(-move[0], None)):
        for right in (slice(0, -size[1]), slice(-size[1], -move[1]), slice(-move[1], None)):
            regions[down, right] = number
            number += 1
    return regions


def attend(
    weights: Weights, name: str, tokens: Tensor, regions: Tensor, window: int, heads: int
) -> Tensor:
    height, width, channels = tokens.shape
    places = [(y, x) for y in range(height) for x in range(width)]
    entry = torch.tensor(
        [
            [(y - v + window - 1) * (2 * window - 1) + (x - u + window - 1) for v, u in places]
            for y, x in places
        ]
    )
    bias = weights[f"{name}.relative_position_bias_table"][entry]  # N, N, heads
    apart = torch.tensor([[bool(regions[a] != regions[b]) for b in places] for a in places])
    q, k, v = linear(weights, f"{name}.qkv", tokens).flatten(0, 1).chunk(3, dim=-1)
    dim = channels // heads
    out = []
    for head in range(heads):
        part = slice(head * dim, (head + 1) * dim)
        logits = q[:, part] @ k[:, part].T / math.sqrt(dim) + bias[..., head]
        logits = logits - 100.0 * apart
        out.append(torch.softmax(logits, dim=-1) @ v[:, part])
    return linear(weights, f"{name}.proj", torch.cat(out, -1)).view(tokens.shape)


def norm(weights: Weights, name: str, tokens: Tensor) -> Tensor:
    centered = tokens - tokens.mean(-1, keepdim=True)
    scaled = centered / torch.sqrt((centered**2).mean(-1, keepdim=True) + 1e-5)
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def linear(weights: Weights, name: str, tokens: Tensor) -> Tensor:
    out = tokens @ weights[f"{name}.weight"].T
    return out + weights[f"{name}.bias"] if f"{name}.bias" in weights else out
