"""Attention in chunks equals the plain form, in value and in gradient."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from iclip.models.swin import window_attention
from iclip.models.swin.window_attention import attend

HEADS, TOKENS, CHANNELS, WINDOWS, MAPS = 2, 6, 3, 5, 2


def inputs(dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    qkv = torch.randn(3, MAPS * WINDOWS, HEADS, TOKENS, CHANNELS, dtype=dtype, requires_grad=True)
    bias = torch.randn(HEADS, TOKENS, TOKENS, dtype=dtype, requires_grad=True)
    masks = torch.where(torch.rand(4, TOKENS, TOKENS) < 0.3, -1000.0, 0.0)
    masks[0] = 0
    return qkv, bias, masks, torch.tensor([0, 0, 1, 2, 3])


def plain(qkv: Tensor, bias: Tensor, masks: Tensor | None, kinds: Tensor) -> Tensor:
    """Window by window and head by head."""
    found = []
    for window in range(qkv.shape[1]):
        for head in range(HEADS):
            q, k, v = qkv[:, window, head]
            logits = q @ k.T / CHANNELS**0.5 + bias[head]
            if masks is not None:
                logits = logits + masks[kinds[window % WINDOWS]]
            found.append(logits.softmax(dim=-1) @ v)
    return torch.stack(found).view(-1, HEADS, TOKENS, CHANNELS)


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("windows_per_chunk", [1, 3, 100])
def test_equals_the_plain_form(
    windows_per_chunk: int, masked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    qkv, bias, masks, kinds = inputs()
    size = bias.numel() * bias.element_size()
    monkeypatch.setattr(window_attention, "LOGIT_CHUNK_BYTES", windows_per_chunk * size)
    expected = plain(qkv, bias, masks if masked else None, kinds)
    actual = attend(qkv, bias, *((masks, kinds) if masked else (None, None)))
    torch.testing.assert_close(actual, expected)
    seed = torch.randn_like(expected)
    given = torch.autograd.grad(actual, (qkv, bias), seed)
    torch.testing.assert_close(given, torch.autograd.grad(expected, (qkv, bias), seed))


@pytest.mark.parametrize("masked", [True, False])
def test_form_for_other_devices_equals_the_plain_form(
    masked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    qkv, bias, masks, kinds = inputs()
    expected = plain(qkv, bias, masks if masked else None, kinds)
    monkeypatch.setattr(Tensor, "is_cpu", False)
    monkeypatch.setattr(window_attention, "_AttendInChunks", None)  # not to be called
    actual = attend(qkv, bias, *((masks, kinds) if masked else (None, None)))
    torch.testing.assert_close(actual, expected)
    seed = torch.randn_like(expected)
    given = torch.autograd.grad(actual, (qkv, bias), seed)
    torch.testing.assert_close(given, torch.autograd.grad(expected, (qkv, bias), seed))


def test_gradients_are_the_numerical_ones() -> None:
    qkv, bias, masks, kinds = inputs()
    assert torch.autograd.gradcheck(lambda q, b: attend(q, b, masks, kinds), (qkv, bias))


def test_bfloat16_is_close() -> None:
    qkv, bias, masks, kinds = inputs(torch.float32)
    expected = attend(qkv, bias, masks, kinds)
    actual = attend(qkv.bfloat16(), bias, masks, kinds)
    assert actual.dtype == torch.bfloat16
    assert F.cosine_similarity(actual.float().flatten(), expected.flatten(), dim=0) > 0.999


def test_nothing_of_the_size_of_the_logits_is_kept() -> None:
    """What is saved for the backward pass grows with the tokens, not with their square."""
    tokens = 256
    qkv = torch.randn(3, 4, 1, tokens, 2, requires_grad=True)
    bias = torch.randn(1, tokens, tokens, requires_grad=True)
    saved: list[int] = []
    with torch.autograd.graph.saved_tensors_hooks(
        lambda t: saved.append(t.numel()) or t, lambda t: t
    ):
        attend(qkv, bias, None, None)
    assert max(saved) == bias.numel() < 4 * tokens * tokens
    assert sum(saved) == qkv.numel() + bias.numel() + qkv[0].numel()
