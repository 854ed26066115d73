"""Learning rates that grow with depth, on top of any other rules for parameters.

Layers near the images hold what pre-training has learned and change least (ELECTRA,
arXiv:2003.10555; BEiT, arXiv:2106.08254). mmdet's and mmseg's constructors of that kind know
ConvNeXt, BEiT and ViT, and none of the rules that recipes of Swin use.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mmengine.logging import MMLogger, print_log
from mmengine.optim import OptimWrapper
from torch import nn

from iclip.engine.parameter_groups import groups_table
from iclip.engine.unwrap_model import unwrap
from iclip.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS

# Entries of groups that mmengine leaves there after it has applied them, and the groups' names.
_SPENT = ("params", "name", "lr_mult", "decay_mult")
# What other constructors log of each parameter, and of the groups before they are scaled.
_NOT_LOGGED = (
    "paramwise_options -- ",
    "is skipped since its requires_grad=",
    "Optimizer's parameter groups:",
)


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class LayerDecay:
    """Scale the learning rates of another constructor's groups by depth; merge equal groups.

    A backbone's parameter gets its rate times ``layer_decay`` to the power of the layers from it to
    the heads (:func:`iclip.models.swin.depth.layers_to_heads`). What does not belong to a backbone
    keeps its rate. Frozen parameters are left out of the optimizer. Parameters with equal settings
    share a group, those with the highest rate first, so that the log's ``lr`` is the heads'.

    Args:
        optim_wrapper_cfg: As for any constructor.
        paramwise_cfg: ``layer_decay``, above 0 and up to 1, which changes nothing (the default);
            ``rules``: type of the constructor whose groups are taken (default: mmengine's own); all
            other settings are that constructor's.

    Raises:
        ValueError: ``layer_decay`` is out of range, or the model has no backbone that knows the
            layers of its parameters.
    """

    def __init__(
        self, optim_wrapper_cfg: dict[str, Any], paramwise_cfg: dict[str, Any] | None = None
    ) -> None:
        self.wrapper_cfg = dict(optim_wrapper_cfg)
        self.optimizer_cfg = self.wrapper_cfg.pop("optimizer")
        self.settings = dict(paramwise_cfg or {})
        self.layer_decay = self.settings.pop("layer_decay", 1.0)
        self.rules = self.settings.pop("rules", "DefaultOptimWrapperConstructor")
        is_number = isinstance(self.layer_decay, int | float) and self.layer_decay is not True
        if not is_number or not 0 < self.layer_decay <= 1:
            raise ValueError(
                f"optim_wrapper.paramwise_cfg.layer_decay={self.layer_decay!r}: take a factor per "
                "layer above 0 and up to 1, such as 0.75; 1 gives all layers the same rate"
            )

    def __call__(self, model: nn.Module) -> OptimWrapper:
        """Build the wrapper for the model's parameters that require gradients."""
        model = unwrap(model)
        scales = self._scales(model)
        optimizer = self._with_rules(model).optimizer
        groups: dict[str, dict[str, Any]] = {}
        for group in optimizer.param_groups:
            for parameter in filter(lambda p: p.requires_grad, group["params"]):
                settings = _settings(group, scales.get(parameter, 1.0))
                of_equals = groups.setdefault(repr(sorted(settings.items())), settings)
                of_equals.setdefault("params", []).append(parameter)
        # Sorting keeps the order of equals: which group is which must not change until a resume.
        merged = sorted(groups.values(), key=lambda g: (-g["lr"], -g.get("weight_decay", 0.0)))
        optimizer.param_groups.clear()
        for i, group in enumerate(merged):
            optimizer.add_param_group({"name": f"group {i}", **group})
        print_log(
            f"Optimizer's parameter groups:\n{groups_table(optimizer.param_groups)}"
            f"{_frozen_row(model)}",
            logger="current",
        )
        wrapper_cfg = {"type": "OptimWrapper", **self.wrapper_cfg}
        return OPTIM_WRAPPERS.build(wrapper_cfg, default_args={"optimizer": optimizer})

    def _with_rules(self, model: nn.Module) -> OptimWrapper:
        """Build a plain wrapper by the other constructor's rules."""
        constructor = OPTIM_WRAPPER_CONSTRUCTORS.build(
            dict(
                type=self.rules,
                optim_wrapper_cfg=dict(type="OptimWrapper", optimizer=self.optimizer_cfg),
                paramwise_cfg=self.settings,
            )
        )
        with _quietly():
            return constructor(model)

    def _scales(self, model: nn.Module) -> dict[nn.Parameter, float]:
        """Compute each backbone parameter's factor."""
        if self.layer_decay == 1:
            return {}
        backbones: list[Any] = [m for m in model.modules() if hasattr(m, "layers_to_heads")]
        if not backbones:
            kind = type(getattr(model, "backbone", model)).__name__
            raise ValueError(
                f"optim_wrapper.paramwise_cfg.layer_decay={self.layer_decay}: {kind} does not say "
                "in which layer a parameter lies; use iclip.SwinBackbone or "
                "iclip.VideoSwinBackbone, or leave layer_decay out"
            )
        return {
            parameter: self.layer_decay ** layers[name]
            for backbone in backbones
            for layers in [backbone.layers_to_heads()]
            for name, parameter in backbone.named_parameters()
        }


def _settings(group: Mapping[str, Any], scale: float) -> dict[str, Any]:
    """Return what a group says of its parameters, with a scaled rate."""
    settings = {name: value for name, value in group.items() if name not in _SPENT}
    return {**settings, "lr": group["lr"] * scale}


def _frozen_row(model: nn.Module) -> str:
    """Return the table's last line: what is frozen, and in no group."""
    frozen = [parameter for parameter in model.parameters() if not parameter.requires_grad]
    if not frozen:
        return ""
    count = sum(parameter.numel() for parameter in frozen)
    return f"\n  {'frozen':<24} {len(frozen):>4} tensors {count:>12,} values"


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep another constructor from logging what does not hold of the groups in the end."""
    logger = MMLogger.get_current_instance()
    logger.addFilter(_still_holds)
    try:
        yield
    finally:
        logger.removeFilter(_still_holds)


def _still_holds(record: logging.LogRecord) -> bool:
    return not any(part in str(record.msg) for part in _NOT_LOGGED)
