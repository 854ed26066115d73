"""Autograd's backward pass, node by node from Python.

Before it runs a graph of CUDA tensors, PyTorch's engine reads the GPU's streams, and fails without
a GPU even if the tensors are fake. Its nodes do not need a GPU. So the nodes are called here in the
engine's order and with the engine's arguments.
"""

import heapq
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

Node = Any
Edge = tuple[Node, int]


def backward(loss: Tensor, gradient: Tensor | None = None) -> None:
    """Do what ``loss.backward(gradient)`` does: add to ``grad`` of every leaf.

    Raises:
        AssertionError: A gradient is on another device than its tensor.
    """
    gradient = torch.ones_like(loss) if gradient is None else gradient
    for leaf, found in _gradients_of_leaves(loss, gradient):
        leaf.grad = found if leaf.grad is None else leaf.grad + found


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor] | None = None,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """Do what ``torch.autograd.grad`` does for one output and leaves."""
    (output,) = [outputs] if isinstance(outputs, Tensor) else outputs
    wanted = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    if grad_outputs is None:
        gradient = torch.ones_like(output)
    else:
        (gradient,) = [grad_outputs] if isinstance(grad_outputs, Tensor) else grad_outputs
    assert all(leaf.is_leaf for leaf in wanted)
    found = {id(leaf): gradient for leaf, gradient in _gradients_of_leaves(output, gradient)}
    assert allow_unused or all(id(leaf) in found for leaf in wanted)
    return tuple(found.get(id(leaf)) for leaf in wanted)


@contextmanager
def autograd_without_a_gpu() -> Iterator[None]:
    """Replace PyTorch's two functions by these, for all code."""
    with patch.object(torch.autograd, "grad", grad), patch.object(Tensor, "backward", backward):
        yield


def _gradients_of_leaves(root: Tensor, gradient: Tensor) -> list[tuple[Tensor, Tensor]]:
    waiting: dict[Node, list[Tensor | None]] = {}
    order: list[tuple[int, int, Node]] = []
    ticket = itertools.count()
    edges = _incoming_edges(root.grad_fn)
    leaves = []

    def arrive(node: Node, number: int, gradient: Tensor | None) -> None:
        slots = waiting.setdefault(node, [None] * max(1, len(node._input_metadata)))
        if gradient is not None:
            gradient = _as_declared(gradient, node, number)
            slots[number] = gradient if slots[number] is None else slots[number] + gradient
        edges[node] -= 1
        if edges[node] == 0:
            # The engine's order: what was computed last comes first.
            heapq.heappush(order, (-node._sequence_nr(), next(ticket), node))

    edges[root.grad_fn] = 1
    with torch.no_grad():
        arrive(root.grad_fn, root.output_nr, gradient)
        while order:
            node = heapq.heappop(order)[-1]
            gradients = waiting.pop(node)
            if hasattr(node, "variable"):
                leaves.append((node.variable, gradients[0]))
                continue
            for (following, number), further in _call(node, gradients):
                arrive(following, number, further)
    return [(leaf, gradient) for leaf, gradient in leaves if gradient is not None]


def _incoming_edges(root: Node) -> dict[Node, int]:
    """Return the number of gradients that each node needs."""
    edges: dict[Node, int] = {root: 0}
    unseen = [root]
    while unseen:
        for following, _ in unseen.pop().next_functions:
            if following is None:
                continue
            if following not in edges:
                edges[following] = 0
                unseen.append(following)
            edges[following] += 1
    return edges


def _as_declared(gradient: Tensor, node: Node, number: int) -> Tensor:
    """Give a gradient the shape and type of its tensor, as the engine does."""
    declared = node._input_metadata[number]
    assert gradient.device == declared.device, (
        f"{node.name()} gets a gradient on {gradient.device} for a tensor on {declared.device}"
    )
    return gradient.sum_to_size(declared.shape).to(declared.dtype)


def _call(node: Node, gradients: list[Tensor | None]) -> list[tuple[Edge, Tensor | None]]:
    """Yield each edge to another node, with its gradient."""
    edges = [edge for edge in node.next_functions if edge[0] is not None]
    if all(gradient is None for gradient in gradients):
        return [(edge, None) for edge in edges]
    if isinstance(node, torch.autograd.function.BackwardCFunction):
        results = _call_function_of_python(node, gradients)
    else:
        returned = node(*gradients)
        returned = returned if isinstance(returned, tuple) else (returned,)
        pairs = zip(node.next_functions, returned, strict=True)
        results = [gradient for (following, _), gradient in pairs if following is not None]
    return list(zip(edges, results, strict=True))


def _call_function_of_python(node: Node, gradients: list[Tensor | None]) -> list[Tensor | None]:
    """Return the gradients that are needed; a Function also returns None for numbers."""
    filled = [
        torch.zeros(of.shape, dtype=of.dtype, device=of.device) if gradient is None else gradient
        for gradient, of in zip(gradients, node._input_metadata, strict=True)
    ]
    returned = node.apply(*filled)
    returned = returned if isinstance(returned, tuple) else (returned,)
    return list(itertools.compress(returned, node.needs_input_grad))
