import pytest
import torch
from timm.layers import Mlp

from iclip.models.swin import layers
from iclip.models.swin.layers import apply_in_chunks
from tests.models.swin.small_swin import gradients, images, small_swin


def test_mlp_in_chunks_equals_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "MAX_HEAP_BLOCK_BYTES", 1000)
    mlp, x = Mlp(8, 32), images(2, 5, 7, 8)
    expected, actual = mlp(x), apply_in_chunks(mlp, x)
    torch.testing.assert_close(actual, expected)
    torch.testing.assert_close(gradients(mlp, actual), gradients(mlp, expected))


def test_checkpointing_keeps_less_and_gives_the_same() -> None:
    x, results, kept = images(4, 3, 37, 53), [], []
    for with_cp in (False, True):
        model = small_swin(with_cp=with_cp, drop_path_rate=0.5).train()
        saved: list[int] = []
        torch.manual_seed(7)
        with torch.autograd.graph.saved_tensors_hooks(
            lambda tensor, saved=saved: saved.append(tensor.numel()) or tensor,
            lambda tensor: tensor,
        ):
            output = model.forward_pooled(x)
        kept.append(sum(saved))
        results.append((output, gradients(model, output)))
    torch.testing.assert_close(*results, rtol=0, atol=0)
    assert kept[1] < 0.3 * kept[0]
