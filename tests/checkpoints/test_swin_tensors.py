import torch
import torch.nn.functional as F

from iclip.checkpoints.swin_tensors import (
    fit_bias_tables,
    join_qkv,
    square_to_unfold,
    unfold_to_square,
)

TABLE = "layers.0.blocks.0.attn.relative_position_bias_table"


def test_merged_channels_are_reordered_as_unfold_has_them():
    square = torch.randn(1, 5, 2, 2)  # one square of four tokens, 5 channels
    merged = torch.cat([square[0, :, r, c] for r, c in ((0, 0), (1, 0), (0, 1), (1, 1))])
    unfolded = F.unfold(square, kernel_size=2)[0, :, 0]
    assert torch.equal(square_to_unfold(merged), unfolded)
    assert torch.equal(unfold_to_square(unfolded), merged)


def test_tables_are_resized_for_another_window():
    weights = {TABLE: torch.randn(169, 3), "norm.weight": torch.ones(2)}
    fitted = fit_bias_tables(weights, side=9)
    expected = F.interpolate(
        weights[TABLE].T.view(1, 3, 13, 13), (9, 9), mode="bicubic", align_corners=False
    )
    assert torch.equal(fitted[TABLE], expected.view(3, 81).T)
    assert fitted["norm.weight"] is weights["norm.weight"]


def test_tables_of_the_same_window_stay_as_they_are():
    table = torch.randn(169, 3)
    assert fit_bias_tables({TABLE: table}, side=13)[TABLE] is table


def test_queries_keys_and_values_are_stacked_where_all_three_are_there():
    q, k, v = torch.randn(3, 4, 4)
    parts = {"a.attn.q.weight": q, "a.attn.k.weight": k, "a.attn.v.weight": v, "b.attn.q.bias": q}
    joined = join_qkv(parts)
    assert torch.equal(joined.pop("a.attn.qkv.weight"), torch.cat([q, k, v]))
    assert joined == {"b.attn.q.bias": q}
