"""The hub's registries: children of mmengine's, in the scope ``iclip``.

mmengine finds this module by its name: ``type='iclip.X'`` resolves from every OpenMMLab scope. What
a registry holds is imported on its first look-up, so a config needs no ``custom_imports``.
"""

from collections.abc import Mapping
from typing import Any

from mmengine import registry as mmengine_registry
from mmengine.registry import Registry

from iclip.settings import walk_settings


def _child(parent: Registry, *locations: str) -> Registry:
    """Make the hub's registry of what ``parent`` holds; ``locations`` are modules that fill it."""
    return Registry(parent.name, parent=parent, scope="iclip", locations=list(locations))


# The methods, their towers and their data preprocessor; the classifier by words.
MODELS = _child(mmengine_registry.MODELS, "iclip.models", "iclip.words")
# Labelled images, image-text pairs, and the mixture of both.
DATASETS = _child(mmengine_registry.DATASETS, "iclip.datasets")
# From encoded bytes and captions to tensors.
TRANSFORMS = _child(mmengine_registry.TRANSFORMS, "iclip.datasets")
# Which sample of which source comes next, on which rank.
DATA_SAMPLERS = _child(mmengine_registry.DATA_SAMPLERS, "iclip.datasets")
# Collate functions.
FUNCTIONS = _child(mmengine_registry.FUNCTIONS, "iclip.datasets")
# From text to token ids; mmengine has no registry of these.
TOKENIZERS = Registry("tokenizer", scope="iclip", locations=["iclip.text.tokenizer"])
# What is shown of a validated sample, by task (iclip.panels.SampleView); iclip.openmmlab adds those
# of its tasks.
SAMPLE_VIEWS = Registry("sample view", scope="iclip", locations=["iclip.engine.sample_views"])
# What happens around a training iteration, and the classes of a test.
HOOKS = _child(mmengine_registry.HOOKS, "iclip.engine", "iclip.words")
# Training that resumes at the exact sample; validation on several data sets.
LOOPS = _child(mmengine_registry.LOOPS, "iclip.engine")
# The line of the log.
LOG_PROCESSORS = _child(mmengine_registry.LOG_PROCESSORS, "iclip.engine")
# Optimizer wrappers with a choice of precision.
OPTIM_WRAPPERS = _child(mmengine_registry.OPTIM_WRAPPERS, "iclip.engine")
# Which parameters decay.
OPTIM_WRAPPER_CONSTRUCTORS = _child(mmengine_registry.OPTIM_WRAPPER_CONSTRUCTORS, "iclip.engine")
# Zero-shot classification and retrieval.
METRICS = _child(mmengine_registry.METRICS, "iclip.evaluation")
# The hub registers nothing here; without these, mmengine warns that it looks in its own registries.
OPTIMIZERS = _child(mmengine_registry.OPTIMIZERS)
PARAM_SCHEDULERS = _child(mmengine_registry.PARAM_SCHEDULERS)
MODEL_WRAPPERS = _child(mmengine_registry.MODEL_WRAPPERS)
VISUALIZERS = _child(mmengine_registry.VISUALIZERS)
VISBACKENDS = _child(mmengine_registry.VISBACKENDS)


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


def check_types(description: Any, place: str) -> None:
    """Check that a model's description, as a file holds it, names only what the hub registered.

    For any other ``type``, mmengine imports the module that it names and calls the function:
    ``type='os.system'`` would run a program.

    Args:
        description: A section of a config, plain values.
        place: Where it was read, for the message.

    Raises:
        ValueError: It names another type.
    """
    for key, value in walk_settings(description, place):
        if isinstance(value, Mapping) and "type" in value:
            name = value["type"]
            if own_type(MODELS, name) is None and own_type(TOKENIZERS, name) is None:
                raise ValueError(
                    f"{key}.type is {name!r}, which is not a type of this version of the hub. A "
                    "description of a model that comes in a file may name no other, since building "
                    "it could run code. To use your own class, load the weights in a config of "
                    "yours, with custom_imports"
                )
