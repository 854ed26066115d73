"""Autograd's backward pass, node by node from Python.

PyTorch's engine asks a GPU for its streams before it runs a graph of CUDA tensors, and fails where
there is no GPU, though the tensors are fake. Its nodes ask for nothing. So the nodes are called
here in the engine's order, each with what it is called with there.
"""

import heapq
import itertools
from typing import Any

import torch
from torch import Tensor

Node = Any
Edge = tuple[Node, int]


def backward(loss: Tensor) -> None:
    """Does what ``loss.backward()`` does: adds to ``grad`` of every leaf.

    Raises:
        AssertionError: A gradient is on another device than what it belongs to.
    """
    waiting: dict[Node, list[Tensor | None]] = {}
    order: list[tuple[int, int, Node]] = []
    ticket = itertools.count()
    edges = _incoming_edges(loss.grad_fn)

    def arrive(node: Node, number: int, gradient: Tensor | None) -> None:
        slots = waiting.setdefault(node, [None] * max(1, len(node._input_metadata)))
        if gradient is not None:
            gradient = _as_declared(gradient, node, number)
            slots[number] = gradient if slots[number] is None else slots[number] + gradient
        edges[node] -= 1
        if edges[node] == 0:
            # The engine's order: what was computed last comes first.
            heapq.heappush(order, (-node._sequence_nr(), next(ticket), node))

    edges[loss.grad_fn] = 1
    arrive(loss.grad_fn, 0, torch.ones_like(loss))
    while order:
        node = heapq.heappop(order)[-1]
        for (following, number), gradient in _call(node, waiting.pop(node)):
            arrive(following, number, gradient)


def _incoming_edges(root: Node) -> dict[Node, int]:
    """How many gradients each node waits for."""
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
    """Shape and type as of the tensor it belongs to; the engine does so, too."""
    declared = node._input_metadata[number]
    assert gradient.device == declared.device, (
        f"{node.name()} gets a gradient on {gradient.device} for a tensor on {declared.device}"
    )
    return gradient.sum_to_size(declared.shape).to(declared.dtype)


def _call(node: Node, gradients: list[Tensor | None]) -> list[tuple[Edge, Tensor | None]]:
    """Each edge that leads on, with the gradient that goes along it."""
    edges = [edge for edge in node.next_functions if edge[0] is not None]
    if all(gradient is None for gradient in gradients):
        return [(edge, None) for edge in edges]
    with torch.no_grad():
        if hasattr(node, "variable"):
            (gradient,), leaf = gradients, node.variable
            leaf.grad = gradient if leaf.grad is None else leaf.grad + gradient
            return []
        if isinstance(node, torch.autograd.function.BackwardCFunction):
            results = _call_function_of_python(node, gradients)
        else:
            returned = node(*gradients)
            returned = returned if isinstance(returned, tuple) else (returned,)
            pairs = zip(node.next_functions, returned, strict=True)
            results = [gradient for (following, _), gradient in pairs if following is not None]
    return list(zip(edges, results, strict=True))


def _call_function_of_python(node: Node, gradients: list[Tensor | None]) -> list[Tensor | None]:
    """Gradients of the arguments that need one; a Function returns None for numbers, too."""
    filled = [
        torch.zeros(of.shape, dtype=of.dtype, device=of.device) if gradient is None else gradient
        for gradient, of in zip(gradients, node._input_metadata, strict=True)
    ]
    returned = node.apply(*filled)
    returned = returned if isinstance(returned, tuple) else (returned,)
    return list(itertools.compress(returned, node.needs_input_grad))
