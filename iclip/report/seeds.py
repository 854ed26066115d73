"""Which runs differ in the seed alone, by their configs and names."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from iclip.report.run import Run
from iclip.settings import get_setting

_SEED = re.compile(r"seed[_-]?\d+")
# Settings that decide where a run is written, from where it resumes and what it is compared with,
# not what it learns.
_FREE = ("work_dir", "randomness", "resume", "load_from", "launcher", "log_level", "expected")


def grouped(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Put seeds of one experiment together; every other run stands alone under its own name.

    Runs are seeds of one experiment where their paths are equal except for a folder ``seed<n>``,
    their configs are known and equal up to the seed, and no two have the same seed.
    """
    found: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        found.setdefault((_without_seed(run.name), config_key(run)), []).append(run)
    groups: dict[str, list[Run]] = {}
    names = [name for name, _ in found]
    for (name, key), members in found.items():
        seeds = [seed for seed in map(_seed, members) if seed is not None]
        # Groups that would have one name, and differ in more than the seed, are not formed.
        together = len(members) > 1 and bool(key) and len(set(seeds)) == len(seeds)
        if together and names.count(name) == 1 and name not in groups:
            groups[name] = members
        else:
            groups |= {run.name: [run] for run in members}
    return groups


def config_key(run: Run, *without: str) -> str:
    """Write down what decides a run's outcome besides the seed; empty without a config.

    Args:
        run: The run.
        *without: Dotted keys that may differ as well.
    """
    if not run.config:
        return ""
    kept = {key: value for key, value in run.config.items() if key not in _FREE}
    for key in without:
        kept = _removed(kept, key.split("."))
    text = json.dumps(kept, sort_keys=True, default=str, skipkeys=True)
    # Each seed of a transfer starts from the checkpoint of its own seed of pre-training.
    return _SEED.sub("seed", text)


def _removed(config: Mapping[str, Any], key: Sequence[str]) -> dict[str, Any]:
    first, *rest = key
    kept = dict(config)
    if rest and isinstance(kept.get(first), Mapping):
        kept[first] = _removed(kept[first], rest)
    elif not rest:
        kept.pop(first, None)
    return kept


def _seed(run: Run) -> Any:
    return get_setting(run.config, "randomness.seed")


def _without_seed(name: str) -> str:
    parts = name.split("/")
    kept = [part for part in parts if not _SEED.fullmatch(part)]
    return "/".join(kept or parts)
