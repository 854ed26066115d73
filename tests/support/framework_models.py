"""Models of the frameworks' own configs without downloads, and their training step."""

from dataclasses import dataclass
from typing import Any

import torch
from mmengine.hub import get_config
from mmengine.registry import MODELS, DefaultScope
from torch import Tensor, nn

import iclip.openmmlab  # noqa: F401  (before the frameworks)


@dataclass
class Step:
    """A training step: its losses by name, and the gradients by the parameters' names."""

    losses: dict[str, Tensor]
    gradients: dict[str, Tensor]


def build(name: str, **changes: Any) -> nn.Module:
    """Build a model of a framework's config with random weights.

    Args:
        name: As in ``_base_``: ``framework::folder/file.py``.
        changes: Settings of the model, with ``__`` for the dot between keys.
    """
    model = get_config(name, pretrained=False).model
    for part in (model, model.get("backbone", {})):
        part.pop("init_cfg", None)
        part.pop("pretrained", None)
    for key, value in changes.items():
        *path, last = key.split("__")
        node = model
        for step in path:
            node = node[step]
        node[last] = value
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope(name.split("::")[0]):
        built = MODELS.build(model)
        built.init_weights()  # some parameters are whatever the memory held before
    for name, parameter in built.named_parameters():
        if name.endswith("sampling_offsets.bias"):
            # They start at whole pixels, where bilinear interpolation has no derivative.
            parameter.data += torch.rand_like(parameter) * 0.3 + 0.1
    return built


def training_step(model: nn.Module, batch: dict[str, Any], scope: str) -> Step:
    """Take losses and gradients with one seed, so that a second step gives the same."""
    torch.manual_seed(0)
    model.zero_grad()
    with DefaultScope.overwrite_default_scope(scope):
        model.train()
        losses = model(**model.data_preprocessor(batch, training=True), mode="loss")
        total, named = model.parse_losses(losses)
    total.backward()
    return Step(
        {name: value.detach() for name, value in named.items()},
        {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None},
    )
