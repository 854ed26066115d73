"""Blocks that compute activations again in the backward pass instead of keeping them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import (
    CheckpointPolicy,
    checkpoint,
    create_selective_checkpoint_contexts,
)

# The form of ``with_cp`` that keeps what is dear to compute.
CHEAP = "cheap"

aten = torch.ops.aten
_PRODUCTS = {aten.mm.default, aten.addmm.default}
_ATTENTION = {
    aten._scaled_dot_product_flash_attention.default,
    aten._scaled_dot_product_efficient_attention.default,
    aten._scaled_dot_product_cudnn_attention.default,
    aten._scaled_dot_product_flash_attention_for_cpu.default,
}


def apply_with_recomputation(
    block: Callable[..., Tensor], *inputs: Any, form: bool | str
) -> Tensor:
    """Apply a block that keeps less for the backward pass; random draws are the same both times.

    Args:
        block: A transformer block.
        inputs: Its inputs.
        form: False: keep all. True: keep the inputs only, and compute the whole block again, a
            third more work. ``'cheap'``: also keep what linear layers and attention give, and
            compute norms, activations and rearrangements into windows again, which are large and
            cheap. On a CPU, attention is computed again as well.
    """
    # Without gradients, there is no backward pass to save memory for.
    if not form or not torch.is_grad_enabled():
        return block(*inputs)
    options: dict[str, Any] = {}
    if form == CHEAP:
        options["context_fn"] = partial(create_selective_checkpoint_contexts, _keep_what_is_dear)
    return checkpoint(block, *inputs, use_reentrant=False, **options)


def check_form(form: bool | str) -> None:
    """Check the setting ``with_cp``.

    Raises:
        ValueError: It is neither a truth value nor ``'cheap'``.
    """
    if not isinstance(form, bool) and form != CHEAP:
        raise ValueError(
            f"with_cp={form!r}: give False (keep all activations), True (compute the blocks again) "
            f"or {CHEAP!r} (compute again only what is large and cheap)"
        )


def _keep_what_is_dear(ctx: Any, operator: Any, *args: Any, **kwargs: Any) -> CheckpointPolicy:
    if operator in _PRODUCTS | _ATTENTION:
        return CheckpointPolicy.MUST_SAVE
    return CheckpointPolicy.PREFER_RECOMPUTE
