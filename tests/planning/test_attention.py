"""The operators that stand for a GPU's attention kernels, on fake CUDA tensors."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from iclip.planning.attention import fused_attention
from tests.gpu_branches.fake_cuda import autocast

HEADS, ROWS, WIDTH = 3, 49, 32


class Largest(TorchDispatchMode):
    """Names of operators, and the largest tensor that one of them has made."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.largest = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        self.names.add(func.overloadpacket.__name__)
        if isinstance(out, tuple) and isinstance(out[0], Tensor):
            self.largest = max(self.largest, out[0].numel())
        return out


def attend(dtype: torch.dtype, mask: Tensor | None = None, **settings: Any) -> tuple[Tensor, Any]:
    query = torch.empty(2, HEADS, ROWS, WIDTH, device="cuda", dtype=dtype, requires_grad=True)
    with Largest() as watch:
        out = fused_attention(query, query, query, mask, **settings)
    return out, watch


@pytest.mark.parametrize(
    ("dtype", "masked", "kernel"),
    [
        (torch.bfloat16, False, "_scaled_dot_product_flash_attention"),
        (torch.float16, False, "_scaled_dot_product_flash_attention"),
        (torch.bfloat16, True, "_scaled_dot_product_efficient_attention"),
        (torch.float32, False, "_scaled_dot_product_efficient_attention"),
    ],
)
def test_the_kernel_follows_from_type_and_mask(dtype: torch.dtype, masked: bool, kernel: str):
    with FakeTensorMode():
        mask = torch.zeros(HEADS, ROWS, ROWS, device="cuda", dtype=dtype) if masked else None
        out, watch = attend(dtype, mask)
        assert kernel in watch.names
        assert (out.shape, out.dtype, out.device.type) == ((2, HEADS, ROWS, WIDTH), dtype, "cuda")


def test_no_logits_are_kept():
    with FakeTensorMode():
        _, watch = attend(torch.bfloat16, torch.zeros(ROWS, ROWS, device="cuda"))
        assert watch.largest < 2 * HEADS * ROWS * ROWS


def test_a_mask_of_truth_values_and_one_that_broadcasts_are_taken():
    with FakeTensorMode():
        seen = torch.ones(2, 1, 1, ROWS, dtype=torch.bool, device="cuda")
        out, _ = attend(torch.bfloat16, seen)
        assert out.shape == (2, HEADS, ROWS, WIDTH)


def test_autocast_decides_the_type():
    with FakeTensorMode(), autocast():
        out, watch = attend(torch.float32)
        assert out.dtype == torch.bfloat16
        assert "_scaled_dot_product_flash_attention" in watch.names
