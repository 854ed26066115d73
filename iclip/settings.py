"""Settings of a config by their dotted keys, such as ``val_dataloader.0.batch_size``.

A config is mmengine's ``Config`` or a plain mapping; a number in a key is an index into a list.
"""

from collections.abc import Iterator, Mapping
from typing import Any


def get_setting(config: Any, key: str, default: Any = None) -> Any:
    """Return the value at a dotted key, or ``default`` where the config has no such key."""
    value, missing = follow_key(config, key)
    return default if missing else value


def has_setting(config: Any, key: str) -> bool:
    """Whether a config has a dotted key; its value may be None."""
    return not follow_key(config, key)[1]


def follow_key(config: Any, key: str) -> tuple[Any, list[str]]:
    """Follow a dotted key as far as the config has it.

    Returns:
        The innermost value on the way, and the parts of the key that it lacks: none of them if the
        config has the whole key.
    """
    value, parts = config, key.split(".")
    for place, part in enumerate(parts):
        try:
            value = value[int(part)] if isinstance(value, list | tuple) else value[part]
        except (KeyError, IndexError, ValueError, TypeError):
            return value, parts[place:]
    return value, []


def whole_number(name: str, value: Any) -> int:
    """Read a setting that is a whole number from 1 up; 10.0 and 1e3 are such numbers, too.

    Raises:
        ValueError: It is not; the message names the setting.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or value < 1 or value != value // 1:
        raise ValueError(f"{name} is {value!r}; it takes a whole number from 1 up")
    return int(value)


def walk_settings(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    """Walk through a part of a config: the part itself, then everything in it, depth first.

    Args:
        value: The part of the config.
        key: Its dotted key.

    Yields:
        Dotted key and value.
    """
    yield key, value
    if isinstance(value, Mapping):
        for name, entry in value.items():
            yield from walk_settings(entry, f"{key}.{name}")
    elif isinstance(value, list | tuple):
        for index, entry in enumerate(value):
            yield from walk_settings(entry, f"{key}.{index}")


def plain_values(node: Any) -> Any:
    """Copy nested mappings, lists and tuples; a value that is not plain becomes its repr.

    What comes back loads from a checkpoint without running code.
    """
    if isinstance(node, Mapping):
        return {str(key): plain_values(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return type(node)(plain_values(value) for value in node)
    return node if node is None or isinstance(node, bool | int | float | str) else repr(node)
