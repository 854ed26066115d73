"""The number type of the matrix products of a forward pass.

``'fp32'``: the type of the weights. ``'bf16'``: bfloat16 by autocast; weights, gradients and
optimizer stay in float32, and bfloat16 has float32's range, so no loss scaling is needed.
``'auto'``: bf16 if the hardware multiplies in it, else fp32, since autocast only costs time then.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial

import torch
from mmengine.device import get_device

PRECISIONS = ("auto", "bf16", "fp32")


def multiplies_bf16(device_type: str) -> bool:
    """Whether this machine's ``'cuda'`` or ``'cpu'`` has bfloat16 matrix instructions."""
    if device_type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if hasattr(torch.cpu, "get_capabilities"):
        capabilities = torch.cpu.get_capabilities()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    # PyTorch 2.10 has private functions only; every processor with AMX tiles has bfloat16.
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def autocast_dtype(precision: str, device_type: str) -> torch.dtype | None:
    """Return autocast's type for a setting; None for no autocast.

    Args:
        precision: One of :data:`PRECISIONS`.
        device_type: ``'cuda'`` or ``'cpu'``.

    Raises:
        ValueError: The precision is unknown, or it is bf16 and the GPU has no bfloat16.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision={precision!r}; it takes one of {', '.join(PRECISIONS)}")
    if precision == "fp32":
        return None
    if multiplies_bf16(device_type):
        return torch.bfloat16
    if precision == "bf16" and device_type == "cuda":
        raise ValueError(
            f"precision='bf16', but {torch.cuda.get_device_name()} has no bfloat16 arithmetic; "
            "use 'auto' or 'fp32'"
        )
    # A CPU without bfloat16 instructions computes in it all the same, slowly.
    return torch.bfloat16 if precision == "bf16" else None


def autocast(precision: str) -> Callable[[], AbstractContextManager]:
    """Return the context manager of forward passes on this device; call it once per pass."""
    device_type = get_device()
    dtype = autocast_dtype(precision, device_type)
    return nullcontext if dtype is None else partial(torch.autocast, device_type, dtype=dtype)
