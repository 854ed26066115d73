"""``compile=True`` compiles the two towers of a method, where the time goes, and nothing else.

mmengine compiles ``train_step`` whole: the tracing breaks at every exchange with the CPU, and then
fails in the hash that draws the templates of the class texts.
"""

import os
import shutil
import warnings
from collections.abc import Mapping
from typing import Any

import torch
from mmengine.logging import print_log
from torch import Tensor, nn

# Graphs per tower before the compiler gives up with an error. A training needs few: with and
# without gradients, each at the batch sizes of the step; dynamo's own limit is 8.
MAX_GRAPHS = 32
# What inductor builds its kernels with, by device: the variable that names it, and the usual names.
_COMPILERS = {
    "cpu": ("CXX", ("g++", "clang++", "c++")),
    "cuda": ("CC", ("gcc", "clang", "cc")),  # which Triton calls
}


def has_towers(model: nn.Module) -> bool:
    """Whether a model is a method of the hub, whose towers can be compiled."""
    return hasattr(getattr(model, "backbone", None), "forward_pooled")


def compile_towers(model: nn.Module, setting: bool | Mapping[str, Any] | None) -> None:
    """Compile the towers of a method in place; parameters and their names stay as they are.

    In evaluation mode, the towers run as they are: validation meets many shapes, few times each.
    The image tower is compiled for each size of its input, because its windows follow from the
    size, and the text tower once for texts of any number and length. Each is one graph, or an
    error: a break would cost what compiling gains.

    Args:
        model: Has ``backbone.forward_pooled`` and perhaps a ``text_encoder``. Copies that are made
            of it later would compute with its parameters: make them before, as mmengine's EMA does.
        setting: The config's ``compile``: True, or arguments of ``torch.compile`` such as
            ``dict(mode='max-autotune')``; None or False: nothing is compiled.
    """
    options = compile_options(setting)
    if options is None:
        return
    torch._dynamo.config.recompile_limit = max(torch._dynamo.config.recompile_limit, MAX_GRAPHS)
    # Drop path and dropout draw what they draw without compiling. A second pass over a batch then
    # has the draws of the first one, whichever graph computes it.
    torch._inductor.config.fallback_random = True
    # Masks of windows are cached by their sizes, which a graph has as constants.
    warnings.filterwarnings("ignore", message=".*functools.lru_cache.*", module="torch._dynamo")
    _compile_method(model.get_submodule("backbone"), "forward_pooled", {"dynamic": False} | options)
    if isinstance(getattr(model, "text_encoder", None), nn.Module):
        _compile_method(model.get_submodule("text_encoder"), "forward", {"dynamic": True} | options)
    print_log("The towers are compiled in the first iterations, which takes minutes", "current")


def compile_options(setting: bool | Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the arguments of ``torch.compile``; None where nothing is to be compiled.

    Raises:
        ValueError: ``compile`` is something else.
    """
    if setting is None or setting is False:
        return None
    if setting is not True and not isinstance(setting, Mapping):
        raise ValueError(
            f"compile is {setting!r}; it takes True, False, or arguments of torch.compile such as "
            "dict(mode='max-autotune')"
        )
    return {"fullgraph": True} | ({} if setting is True else dict(setting))


def compile_problems(cfg: Mapping[str, Any], device: str) -> list[str]:
    """Say whether the config wants to compile, and this machine has nothing to compile with.

    Args:
        cfg: The config.
        device: ``'cpu'`` or ``'cuda'``.
    """
    try:
        options = compile_options(cfg.get("compile"))
    except ValueError as error:
        return [f"Setting: {error}"]
    if options is None or options.get("backend", "inductor") != "inductor":
        return []
    variable, usual = _COMPILERS[device]
    names = [os.environ[variable]] if os.environ.get(variable) else [*usual]
    if any(shutil.which(name) for name in names):
        return []
    return [
        f"Compiler: compile={cfg['compile']!r} builds kernels with a C++ compiler, and there is "
        f"none of {', '.join(names)} on PATH. Install one (Debian: apt install g++), name it in "
        f"{variable}, or set compile=False"
    ]


def _compile_method(module: nn.Module, name: str, options: Mapping[str, Any]) -> None:
    """Put a method in the place of the module's own, which is compiled in training mode."""
    plain = getattr(module, name)
    compiled = torch.compile(plain, **options)

    def compiled_in_training(rows: Tensor, *inputs: Tensor) -> Any:
        # A rank without captions has no texts; a graph of no rows is not worth its compilation.
        method = compiled if module.training and len(rows) else plain
        return method(rows, *inputs)

    setattr(module, name, compiled_in_training)
