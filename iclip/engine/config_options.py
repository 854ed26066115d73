"""What ``--cfg-options`` changes in a config; a misspelt key is an error.

mmengine merges a key that the config lacks without a word. Here it is an error where nothing would
read it, or where it resembles a setting that the config has; otherwise it is said.
"""

import difflib
import inspect
from collections.abc import Mapping
from typing import Any

from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.runner import Runner

from iclip.engine.config_files import first_line
from iclip.messages import listing

# A new key that is as similar to another one is taken for a misspelt one: max_itrs and max_iters
# have 0.94; drop_rate and drop_path_rate, which are both settings, 0.78.
SIMILAR = 0.8
# What is read besides the runner's arguments.
TOP_LEVEL = (
    *("activation_checkpointing", "compile", "custom_imports", "efficient_conv_bn_eval"),
    *("find_unused_parameters", "model_wrapper_cfg", "sync_bn"),
)


def merge_options(cfg: Config, options: Mapping[str, Any]) -> None:
    """Merge what ``--cfg-options`` sets into a config, in place.

    Raises:
        ValueError: A setting is probably misspelt, does not fit the config's structure, or is text
            where the config has a number.
    """
    for key, value in options.items():
        missing = _first_missing(cfg, key)
        if missing is None:
            _check_value(key, value, _get(cfg, key))
        else:
            _check_new(cfg, key, *missing)
            told = f"--cfg-options {key} is new: {cfg.filename or 'the config'} has no such setting"
            print_log(told, logger="current")
    try:
        cfg.merge_from_dict(dict(options))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"--cfg-options {' '.join(options)}: {first_line(error)}") from error


def has_setting(cfg: Mapping[str, Any], key: str) -> bool:
    """Whether a config has a dotted key; an index reaches into a list."""
    return _first_missing(cfg, key) is None


def _check_value(key: str, value: Any, before: Any) -> None:
    option = f"--cfg-options {key}={value}"
    if isinstance(value, str) and isinstance(before, int | float):
        kind = "True or False" if isinstance(before, bool) else "a number"
        raise ValueError(f"{option} is text; it takes {kind}, such as the config's {before}")
    if isinstance(before, Mapping) and not isinstance(value, Mapping) and value is not None:
        raise ValueError(
            f"{option}: {key} holds {listing(list(before))}. Set one of them, such as "
            f"{key}.{next(iter(before), 'KEY')}=VALUE"
        )


def _check_new(cfg: Config, key: str, parent: str, part: str) -> None:
    """Refuse a new setting that nothing would read, or that resembles one of the config's."""
    # A Config is a dict in all but name.
    node = _get(cfg, parent) if parent else cfg.to_dict()
    option = f"--cfg-options {key}"
    if isinstance(node, list | tuple):
        raise ValueError(f"{option}: {parent} is a list, whose entries are 0 to {len(node) - 1}")
    if not isinstance(node, Mapping):
        raise ValueError(f"{option}: {parent} is {node!r}, which holds no settings")
    known = [*node] if parent else [*node, *TOP_LEVEL, *inspect.signature(Runner).parameters]
    if part in known:
        return
    near = difflib.get_close_matches(part, known, n=1, cutoff=SIMILAR if parent else 0.6)
    if near:
        meant = key.split(".")
        meant[parent.count(".") + 1 if parent else 0] = near[0]
        raise ValueError(
            f"{option}: {parent or 'the config'} has no {part}; is {'.'.join(meant)} meant? If "
            f"{part} is really a new setting, write it into a config"
        )
    if not parent:
        raise ValueError(f"{option}: nothing reads {part}; there are {listing(sorted(known), 50)}")


def _first_missing(cfg: Mapping[str, Any], key: str) -> tuple[str, str] | None:
    """The longest start of a dotted key that a config has, and the part that it lacks there."""
    node: Any = cfg
    parts = key.split(".")
    for place, part in enumerate(parts):
        try:
            node = node[int(part)] if isinstance(node, list | tuple) else node[part]
        except (KeyError, IndexError, ValueError, TypeError):
            return ".".join(parts[:place]), part
    return None


def _get(cfg: Any, key: str) -> Any:
    for part in filter(None, key.split(".")):
        cfg = cfg[int(part)] if isinstance(cfg, list | tuple) else cfg[part]
    return cfg
