"""What ``--cfg-options`` changes in a config; a misspelt key is an error.

mmengine silently merges a key that the config lacks. Here such a key is an error if nothing would
read it, or if it resembles a setting of the config; otherwise it is logged.
"""

import difflib
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.runner import Runner

from iclip.engine.start.config_files import first_line
from iclip.messages import listing
from iclip.settings import follow_key

# A new key whose similarity to a setting (difflib's ratio) is at least this is taken for misspelt:
# max_itrs and max_iters have 0.94; drop_rate and drop_path_rate, which are both settings, 0.78.
MIN_SIMILARITY = 0.8
# Settings that are read besides the runner's arguments.
TOP_LEVEL = (
    *("activation_checkpointing", "compile", "custom_imports", "efficient_conv_bn_eval"),
    *("find_unused_parameters", "global_batch_size", "micro_batch_size", "model_wrapper_cfg"),
    "sync_bn",
)


def merge_options(cfg: Config, options: Mapping[str, Any]) -> None:
    """Merge what ``--cfg-options`` sets into a config, in place.

    Raises:
        ValueError: A setting is probably misspelt, does not fit the config's structure, or is text
            where the config has a number.
    """
    for key, value in options.items():
        found, missing = follow_key(cfg, key)
        if not missing:
            _check_value(key, value, found)
        else:
            _check_new(key, found, missing)
            message = (
                f"--cfg-options {key} is new: {cfg.filename or 'the config'} has no such setting"
            )
            print_log(message, logger="current")
    try:
        cfg.merge_from_dict(dict(options))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"--cfg-options {' '.join(options)}: {first_line(error)}") from error


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


def _check_new(key: str, found: Any, missing: Sequence[str]) -> None:
    """Refuse a new setting that nothing would read, or that resembles one of the config's.

    Args:
        key: What ``--cfg-options`` sets.
        found: The innermost value on the key's way.
        missing: Parts of the key that it lacks.
    """
    option, part = f"--cfg-options {key}", missing[0]
    parent = key.removesuffix(".".join(missing)).rstrip(".")
    if isinstance(found, list | tuple):
        raise ValueError(f"{option}: {parent} is a list, whose entries are 0 to {len(found) - 1}")
    # Without a parent it is the Config, which behaves like a Mapping and is not one.
    if parent and not isinstance(found, Mapping):
        raise ValueError(f"{option}: {parent} is {found!r}, which holds no settings")
    known = [*found]
    if not parent:
        known += [*TOP_LEVEL, *inspect.signature(Runner).parameters]
    if part in known:
        return
    # At the top level, a key that nothing reads is an error in any case: there, difflib's default
    # only finds out what may have been meant.
    near = difflib.get_close_matches(part, known, n=1, cutoff=MIN_SIMILARITY if parent else 0.6)
    if near:
        meant = ".".join(filter(None, [parent, near[0], *missing[1:]]))
        raise ValueError(
            f"{option}: {parent or 'the config'} has no {part}; is {meant} meant? If "
            f"{part} is really a new setting, write it into a config"
        )
    if not parent:
        raise ValueError(f"{option}: nothing reads {part}; there are {listing(sorted(known), 50)}")
