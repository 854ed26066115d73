"""Settings that the user changes with ``--cfg-options``, as the end of the written config."""

from collections.abc import Mapping, Sequence
from typing import Any

from iclip.config_functions import with_changes
from iclip.finetune.config_text import ConfigPart, Expression, literal
from iclip.settings import get_setting, plain_values, walk_settings


def changed_part(parts: Sequence[ConfigPart], options: Mapping[str, Any]) -> ConfigPart:
    """Return the part of a config that changes what its other parts and its recipe set.

    Args:
        parts: The parts above it.
        options: Values by dotted key, of which the config has each or may have it.
    """
    above: dict[str, Any] = {}
    for part in parts:
        above |= part.settings
    by_name: dict[str, dict[str, Any]] = {}
    for key, value in options.items():
        name, _, inner = key.partition(".")
        by_name.setdefault(name, {})[inner] = value
    settings = {name: _changed(name, changes, above) for name, changes in by_name.items()}
    return ConfigPart("Changed by --cfg-options.", settings)


def lacking_changes(config: Any, options: Mapping[str, Any]) -> list[str]:
    """Return the dotted keys of options that a config does not have, or with other values.

    Args:
        config: What a run's config.py came to.
        options: Values by dotted key, with which the run began.
    """
    inner = (entry for key, value in options.items() for entry in walk_settings(value, key))
    return [
        key
        for key, value in inner
        if not isinstance(value, Mapping)
        and plain_values(get_setting(config, key)) != plain_values(value)
    ]


def _changed(name: str, changes: Mapping[str, Any], above: Mapping[str, Any]) -> Any:
    """Return what a setting becomes: a value, or a call that computes it where the config runs."""
    if "" in changes:
        return changes[""]
    inherits = any(_enters_inherited_list(name, key.split("."), above) for key in changes)
    if name not in above and not inherits:
        return with_changes(None, changes)
    arguments = [name if name in above else "None", literal(changes, 4)]
    if inherits:
        arguments.append(f"_base_.{name}")
    return Expression(f"with_changes({', '.join(arguments)})")


def _enters_inherited_list(name: str, way: Sequence[str], above: Mapping[str, Any]) -> bool:
    """Whether a way through nested settings reaches a list that only the recipe has."""
    node = above.get(name, {})
    for place, part in enumerate(way):
        if isinstance(node, Expression):
            node = above.get(node, [])  # another setting's name, or a list that is computed
        if not isinstance(node, Mapping):
            return False
        if part not in node:
            return any(entry.isdecimal() for entry in way[place:])
        node = node[part]
    return False
