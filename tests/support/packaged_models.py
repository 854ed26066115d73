"""Models of the configs that the frameworks ship."""

from collections.abc import Mapping
from typing import Any

from mmengine.config import ConfigDict
from mmengine.hub import get_config


def packaged_model(name: str, changes: Mapping[str, Any]) -> ConfigDict:
    """Read the model of a shipped config, without weights to download.

    Args:
        name: As in ``_base_``: ``framework::folder/file.py``.
        changes: Settings of the model that differ, by dotted key.
    """
    model = get_config(name, pretrained=False).model
    for part in (model, model.get("backbone", {})):
        part.pop("init_cfg", None)
        part.pop("pretrained", None)
    for key, value in changes.items():
        *path, last = key.split(".")
        node = model
        for step in path:
            node = node[step]
        node[last] = value
    return model
