"""What a checkpoint holds, as the training has it: nothing is copied."""

import time
from collections.abc import Collection, Mapping
from typing import Any

import mmengine
import torch
from mmengine.runner import Runner
from torch import Tensor

from iclip.checkpoints import are_finite
from iclip.engine.unwrap_model import unwrap

# Entries that only a resumed run needs.
_OF_THE_TRAINING = ("optimizer", "param_schedulers")
# Before the names of an average's weights, of mmengine's EMA.
_AVERAGED = "module."


def checkpoint_content(runner: Runner, meta: Mapping[str, Any]) -> dict[str, Any]:
    """Put together what mmengine's runner saves, with what hooks add; tensors stay where they are.

    mmengine's own function copies all tensors to the CPU first, into memory that is new each time.

    Args:
        runner: The runner.
        meta: Entries of ``meta`` besides mmengine's: ``epoch``, ``iter``.
    """
    content: dict[str, Any] = {
        "meta": {
            **meta,
            "cfg": runner.cfg.pretty_text,
            "seed": runner.seed,
            "experiment_name": runner.experiment_name,
            "time": time.strftime("%Y%m%d_%H%M%S", time.localtime()),
            "mmengine_version": mmengine.__version__,
        },
        "state_dict": unwrap(runner.model).state_dict(),
        "message_hub": runner.message_hub.state_dict(),
        "optimizer": runner.optim_wrapper.state_dict(),
    }
    metainfo = getattr(runner.train_dataloader.dataset, "metainfo", None)
    if metainfo is not None:
        content["meta"]["dataset_meta"] = metainfo
    if runner.param_schedulers is not None:
        content["param_schedulers"] = _states(runner.param_schedulers)
    runner.call_hook("before_save_checkpoint", checkpoint=content)
    return content


def without_training_state(content: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what only a resumed run needs."""
    return {name: part for name, part in content.items() if name not in _OF_THE_TRAINING}


def losses_of(outputs: Mapping[str, Any] | None) -> dict[str, float]:
    """Read the losses among a step's outputs as numbers; a GPU is waited for."""
    return {
        name: float(value.detach() if isinstance(value, torch.Tensor) else value)
        for name, value in (outputs or {}).items()
        if "loss" in name
    }


@torch.no_grad()
def weights_are_finite(content: Mapping[str, Any], buffers: Collection[str]) -> bool:
    """Whether all weights and buffers of a checkpoint are finite, those of an average too.

    Args:
        content: The checkpoint; its tensors are on the CPU.
        buffers: Names of the model's buffers. They may hold minus infinity, which is how masks of
            attention are written.
    """
    for state in (content["state_dict"], content.get("ema_state_dict") or {}):
        masks: list[Tensor] = []
        weights: list[Tensor] = []
        for name, value in state.items():
            if isinstance(value, Tensor) and value.is_floating_point():
                is_buffer = name.removeprefix(_AVERAGED) in buffers
                (masks if is_buffer else weights).append(value)
        if not are_finite(masks) or not all(bool(weight.isfinite().all()) for weight in weights):
            return False
    return True


def _states(schedulers: Any) -> Any:
    """Return the states of schedulers, which mmengine keeps by optimizer if there are several."""
    if isinstance(schedulers, dict):
        return {name: _states(group) for name, group in schedulers.items()}
    return [scheduler.state_dict() for scheduler in schedulers]
