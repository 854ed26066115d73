"""Which operators are noted, and that the measured maps are Swin-B's."""

import math
import re

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from iclip.benchmarks.gpu import attention_kernels
from iclip.benchmarks.gpu.attention_kernels import CASES, AttentionOperators
from iclip.benchmarks.gpu.record import Record
from iclip.models.swin.arch import SwinArch
from tests.benchmarks.gpu.recorded import TINY, by_name


@pytest.mark.parametrize("name", CASES)
def test_maps_windows_and_heads_are_those_of_swin_b(name: str):
    kind, stage, size, batch = re.fullmatch(
        r"(\w+) stage (\d), ([\dx]+), batch (\d+)", name
    ).groups()  # type: ignore[union-attr]
    scale = 4 * 2 ** (int(stage) - 1)
    numbers = [int(number) for number in size.split("x")]
    # Two frames share a patch; a video's size is its frames and its square's side.
    sides = (
        (numbers[0] // 2, *[numbers[1] // scale] * 2)
        if kind == "video"
        else tuple(math.ceil(side / scale) for side in (numbers * 2)[:2])
    )
    window = (8, 7, 7) if kind == "video" else (7, 7)
    heads = SwinArch.parse("base").num_heads[int(stage) - 1]
    assert CASES[name] == (int(batch), sides, window, heads)


def test_an_operator_is_noted_once_and_others_are_not():
    q = torch.randn(1, 1, 4, 8)
    with AttentionOperators() as operators:
        torch.softmax(q @ q.mT, -1) @ q
        assert operators.names == []
        for _ in range(2):
            scaled_dot_product_attention(q, q, q)
    (name,) = operators.names
    assert name.startswith("_scaled_dot_product")


def test_bias_of_a_call_is_a_table_per_window_and_head_in_half_precision(record: Record):
    attention_kernels.run(TINY, record)
    found = by_name(record)
    # 7 x 7 positions and 2 heads; 14 x 14 are four windows.
    for what, windows in (("not shifted", 1), ("shifted", 4)):
        value = found[f"image, tiny, {what}: bias of one call"]["value"]
        assert value == windows * 2 * 49 * 49 * 2 / 2**20
