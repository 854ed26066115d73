"""Plans are made in a process that sees no GPU and ends with the plan.

Fake tensors change torch for the whole process (:mod:`iclip.planning.fake_gpus`), and the GPUs of
this machine must be neither used nor asked, so that a plan is the same everywhere.
"""

import importlib
import logging
import multiprocessing
import os
import warnings
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmengine.config import Config

    from iclip.planning.plan import Hardware, Plan


def plan_training(cfg: "Config", hardware: "Hardware", classes: int | None = None) -> "Plan":
    """Plan a training, see :func:`iclip.planning.planner.make_plan`."""
    return _call("make_plan", cfg, hardware, classes)


def fitting_micro_batch(cfg: "Config", world_size: int, memory_gib: float) -> int:
    """Find the largest micro-batch that fits.

    Args:
        cfg: A pre-training config. Its ``global_batch_size`` counts, its ``micro_batch_size`` does
            not.
        world_size: Number of ranks.
        memory_gib: Memory of a GPU.

    Returns:
        Samples that a rank computes at once: a part of its share that holds the ratio.

    Raises:
        ValueError: None fits, or the global batch cannot be divided.
    """
    found = _call("find_micro_batch", cfg, world_size, memory_gib)
    if found is None:
        raise ValueError(
            f"no micro-batch of {cfg.filename} fits {memory_gib:g} GiB per GPU on {world_size}: "
            f"tools/plan.py {cfg.filename} --gpus {world_size} --gpu-memory {memory_gib:g} says "
            "what it needs and what would help"
        )
    return found


def _call(function: str, *args: Any) -> Any:
    """Call a function of the planner in a new process without GPUs."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=prepare_process) as process:
        try:
            return process.submit(_call_planner, function, *args).result()
        except (ValueError, OSError) as error:
            # Raised anew: the other process's traceback, which says whose error it is, stays there.
            raise type(error)(str(error)) from error


def prepare_process() -> None:
    """Hide the GPUs, before torch is imported, and what libraries say while a model is built."""
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)


def _call_planner(function: str, *args: Any) -> Any:
    return getattr(importlib.import_module("iclip.planning.planner"), function)(*args)
