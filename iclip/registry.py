"""The hub's registries: children of mmengine's, in the scope ``iclip``.

mmengine finds this module by its name: ``type='iclip.X'`` resolves from every OpenMMLab scope. The
``locations`` are imported on the first look-up, so a config needs no ``custom_imports``.
"""

from typing import Any

from mmengine import registry as mmengine_registry
from mmengine.registry import Registry

# The methods, their towers and their data preprocessor.
MODELS = Registry(
    "model", parent=mmengine_registry.MODELS, scope="iclip", locations=["iclip.models"]
)
# Labelled images, image-text pairs, and the mixture of both.
DATASETS = Registry(
    "dataset", parent=mmengine_registry.DATASETS, scope="iclip", locations=["iclip.datasets"]
)
# From encoded bytes and captions to tensors.
TRANSFORMS = Registry(
    "transform", parent=mmengine_registry.TRANSFORMS, scope="iclip", locations=["iclip.datasets"]
)
# Which sample of which source comes next, on which rank.
DATA_SAMPLERS = Registry(
    "data sampler",
    parent=mmengine_registry.DATA_SAMPLERS,
    scope="iclip",
    locations=["iclip.datasets"],
)
# Collate functions.
FUNCTIONS = Registry(
    "function", parent=mmengine_registry.FUNCTIONS, scope="iclip", locations=["iclip.datasets"]
)
# From text to token ids. mmengine has no parent for these.
TOKENIZERS = Registry("tokenizer", scope="iclip", locations=["iclip.text.tokenizer"])
# What happens around a training iteration.
HOOKS = Registry("hook", parent=mmengine_registry.HOOKS, scope="iclip", locations=["iclip.engine"])
# Training that resumes at the exact sample; validation on several data sets.
LOOPS = Registry("loop", parent=mmengine_registry.LOOPS, scope="iclip", locations=["iclip.engine"])
# The line of the log.
LOG_PROCESSORS = Registry(
    "log processor",
    parent=mmengine_registry.LOG_PROCESSORS,
    scope="iclip",
    locations=["iclip.engine"],
)
# Optimizer wrappers (automatic choice of the autocast type).
OPTIM_WRAPPERS = Registry(
    "optim wrapper",
    parent=mmengine_registry.OPTIM_WRAPPERS,
    scope="iclip",
    locations=["iclip.engine"],
)
# Which parameters decay.
OPTIM_WRAPPER_CONSTRUCTORS = Registry(
    "optim wrapper constructor",
    parent=mmengine_registry.OPTIM_WRAPPER_CONSTRUCTORS,
    scope="iclip",
    locations=["iclip.engine"],
)
# Zero-shot classification and retrieval.
METRICS = Registry(
    "metric", parent=mmengine_registry.METRICS, scope="iclip", locations=["iclip.evaluation"]
)
# Nothing of our own: without these, mmengine warns that it looks in its own registries.
OPTIMIZERS = Registry("optimizer", parent=mmengine_registry.OPTIMIZERS, scope="iclip")
PARAM_SCHEDULERS = Registry(
    "parameter scheduler", parent=mmengine_registry.PARAM_SCHEDULERS, scope="iclip"
)
MODEL_WRAPPERS = Registry("model_wrapper", parent=mmengine_registry.MODEL_WRAPPERS, scope="iclip")
VISUALIZERS = Registry("visualizer", parent=mmengine_registry.VISUALIZERS, scope="iclip")
VISBACKENDS = Registry("vis_backend", parent=mmengine_registry.VISBACKENDS, scope="iclip")


def own_type(registry: Registry, name: Any) -> Any:
    """Return what the hub itself registered under a config's ``type``, former names included.

    Args:
        registry: One of this module's.
        name: The ``type``, with or without the scope.

    Returns:
        The class or function; None for another framework's type, an unknown one, or no name.
    """
    if not isinstance(name, str):
        return None
    registry.import_from_location()
    return registry.module_dict.get(name.removeprefix("iclip."))
