"""Which parameters decay, in as few parameter groups as possible.

mmengine's default constructor makes one group per parameter, which defeats the fused and foreach
optimizers. For the 135 parameters of a micro model on one CPU thread, one AdamW step took 8-18 ms
that way, and 1.1-1.5 ms with two groups and the fused optimizer. Its rules also depend on the
module's type and the name ``bias``, which open_clip's ``in_proj_bias`` does not have.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from mmengine.logging import print_log
from mmengine.optim import OptimWrapper
from mmengine.registry import OPTIMIZERS
from torch import nn

from iclip.engine.parameter_groups import groups_table
from iclip.engine.unwrap_model import unwrap
from iclip.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS

# Tables of positions are matrices by shape, but each row is a bias. The names are those of Swin
# (timm and official), of open_clip and CLIP, of ViT and of RoBERTa.
POSITION_TABLES = (
    "relative_position_bias_table",
    "positional_embedding",
    "pos_embed",
    "absolute_pos_embed",
    "position_embeddings",
)


def has_weight_decay(
    name: str, parameter: nn.Parameter, no_decay: Iterable[str] = POSITION_TABLES
) -> bool:
    """Whether weight decay applies: to matrices and convolution kernels, not to position tables.

    The shape excludes norms, biases and ``logit_scale``, which are vectors and scalars.

    Args:
        name: The parameter's dotted name.
        parameter: The parameter.
        no_decay: Parts of a dotted name, each of which must match completely.
    """
    return parameter.ndim > 1 and not set(no_decay) & set(name.split("."))


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class DecayMatricesOnly:
    """Build the optimizer wrapper with weight decay on matrices only, in two parameter groups.

    Args:
        optim_wrapper_cfg: ``type``, ``optimizer`` and the wrapper's own settings. Adam and AdamW
            run fused unless the config says otherwise.
        paramwise_cfg: ``lr_mult``: factor on the learning rate by prefix of the dotted name, the
            longest prefix winning, e.g. ``{'text_encoder': 2.0}``; each factor adds two groups.
            ``no_decay``: parts of the names of further parameters that must not decay.

    Raises:
        ValueError: An unknown setting, or a prefix that no parameter has.
    """

    def __init__(
        self, optim_wrapper_cfg: dict[str, Any], paramwise_cfg: dict[str, Any] | None = None
    ) -> None:
        self.optim_wrapper_cfg = dict(optim_wrapper_cfg)
        self.optimizer_cfg = dict(self.optim_wrapper_cfg.pop("optimizer"))
        settings = dict(paramwise_cfg or {})
        self.lr_mult: dict[str, float] = dict(settings.pop("lr_mult", {}))
        self.no_decay = (*POSITION_TABLES, *settings.pop("no_decay", ()))
        if settings:
            raise ValueError(
                f"optim_wrapper.paramwise_cfg has {', '.join(map(repr, settings))}; "
                "DecayMatricesOnly knows 'lr_mult' and 'no_decay'"
            )

    def __call__(self, model: nn.Module) -> OptimWrapper:
        """Build the wrapper for the model's parameters that require gradients."""
        groups = self.parameter_groups(unwrap(model))
        print_log(f"Optimizer's parameter groups:\n{groups_table(groups)}", logger="current")
        optimizer_cfg = {**self.optimizer_cfg, "params": groups}
        # torch refuses an optimizer that is both fused and foreach.
        if optimizer_cfg.get("type") in ("Adam", "AdamW") and "foreach" not in optimizer_cfg:
            optimizer_cfg.setdefault("fused", True)
        wrapper_cfg = {"type": "OptimWrapper", **self.optim_wrapper_cfg}
        optimizer = OPTIMIZERS.build(optimizer_cfg)
        return OPTIM_WRAPPERS.build(wrapper_cfg, default_args={"optimizer": optimizer})

    def parameter_groups(self, model: nn.Module) -> list[dict[str, Any]]:
        """Sort the parameters into groups, each with a ``name`` such as ``text_encoder.decay``."""
        parameters = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
        self._check_prefixes([name for name, _ in parameters])
        members: dict[tuple[str, bool], list[nn.Parameter]] = defaultdict(list)
        for name, parameter in parameters:
            key = (self._prefix(name), has_weight_decay(name, parameter, self.no_decay))
            members[key].append(parameter)
        # Sorted: the order in a checkpoint must not depend on the order of the modules.
        return [self._group(*key, members[key]) for key in sorted(members)]

    def _group(self, prefix: str, decay: bool, parameters: list[nn.Parameter]) -> dict[str, Any]:
        kind = "decay" if decay else "no_decay"
        group: dict[str, Any] = {
            "params": parameters,
            "name": ".".join(filter(None, (prefix, kind))),
        }
        if not decay:
            group["weight_decay"] = 0.0
        if prefix:
            group["lr"] = self.optimizer_cfg["lr"] * self.lr_mult[prefix]
        return group

    def _prefix(self, name: str) -> str:
        """Return the longest prefix of ``lr_mult`` that ``name`` has, or an empty string."""
        return max((p for p in self.lr_mult if _is_below(name, p)), key=len, default="")

    def _check_prefixes(self, names: list[str]) -> None:
        for prefix in self.lr_mult:
            if not any(_is_below(name, prefix) for name in names):
                known = sorted({name.split(".")[0] for name in names})
                raise ValueError(
                    f"optim_wrapper.paramwise_cfg.lr_mult names {prefix!r}, but no trained "
                    f"parameter's name begins with it; the model has {', '.join(known)}"
                )


def _is_below(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix + ".")
