"""What the data sets' own readers say about their files before a run starts.

A check by other rules than the reader's passes what the reader refuses, or the other way round. So
each reader answers for itself, with the method ``check_files(settings)``.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from iclip.registry import DATASETS


def reader_problems(cfg: Mapping[str, Any], sections: Sequence[str]) -> list[str]:
    """Ask the reader of every data set in a config.

    Args:
        cfg: The config.
        sections: Its entries in which data sets may be.

    Returns:
        A message for each data set that its reader would refuse.
    """
    problems = []
    found = [entry for section in sections for entry in _datasets(cfg.get(section), section)]
    for where, settings in found:
        # A type of another framework, or a misspelt one, is not ours to judge.
        reader = DATASETS.get(settings["type"].removeprefix("iclip."))
        if not hasattr(reader, "check_files"):
            continue
        try:
            reader.check_files(settings)
        except KeyError as error:
            problems.append(f"Data: {where} ({settings['type']}) lacks the setting {error}")
        except (OSError, ValueError) as error:
            problems.append(f"Data: {where}: {error}")
    return problems


def _datasets(node: Any, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Find the data sets' settings, each with its place in the config."""
    if isinstance(node, Mapping):
        if isinstance(node.get("type"), str) and _may_be_ours(node["type"]):
            yield place, node
        for key, value in node.items():
            yield from _datasets(value, f"{place}.{key}")
    elif isinstance(node, list | tuple):
        for index, value in enumerate(node):
            yield from _datasets(value, f"{place}.{index}")


def _may_be_ours(type_name: str) -> bool:
    return "." not in type_name.removeprefix("iclip.")
