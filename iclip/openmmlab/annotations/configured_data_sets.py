"""The data sets that a downstream config names, as the frameworks' own objects without contents."""

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmengine.registry import DATASETS

LOADERS = ("train_dataloader", "val_dataloader", "test_dataloader")


@dataclass(frozen=True)
class ConfiguredDataSet:
    """A data set of a config.

    Attributes:
        place: ``train``, ``val`` or ``test``, with a number where a loader joins several.
        setting: Its place in the config, as ``--cfg-options`` writes it.
        config: Its part of the config.
        dataset: An object of its class that has read nothing yet: paths joined, classes known.
    """

    place: str
    setting: str
    config: Mapping[str, Any]
    dataset: BaseDataset

    @property
    def type_name(self) -> str:
        """Its class as the config names it."""
        return str(self.config["type"])


def configured_data_sets(cfg: Config) -> tuple[list[ConfiguredDataSet], list[str]]:
    """Build the data sets of a config without reading their contents, each once.

    Data sets that are not of mmengine's kind are left out.

    Returns:
        The data sets, and what is wrong with those that cannot be built.
    """
    found, problems, seen = [], [], set()
    for place, setting, config in _data_set_configs(cfg):
        key = json.dumps(config, default=str, sort_keys=True)
        if key in seen:
            continue
        seen.add(key)
        try:
            dataset = _build_without_contents(config, cfg.get("default_scope"))
        except Exception as error:  # classes check their arguments in ways of their own
            reason = " ".join(str(error).split())[:300]
            problems.append(
                f"Data set: {setting} cannot be built from the config: {reason}. Correct its type "
                "or its arguments"
            )
            continue
        if dataset is not None:
            found.append(ConfiguredDataSet(place, setting, config, dataset))
    return found, problems


def head_class_counts(model: Any, place: str = "model") -> dict[str, int]:
    """Find how many classes a model's heads tell apart.

    Args:
        model: Its config, or a part of it.
        place: Where that part is.

    Returns:
        ``num_classes`` by its place in the config, of heads that see a data set's labels.
    """
    counts = {}
    entries = enumerate(model) if isinstance(model, list | tuple) else dict(model or {}).items()
    for key, value in entries:
        inside = f"{place}.{key}"
        # A proposal head tells objects from background; the semantic one has classes of its own.
        if str(key) in ("rpn_head", "semantic_head", "panoptic_head"):
            continue
        if isinstance(key, str) and not key.endswith("head"):
            continue
        if isinstance(value, Mapping) and isinstance(value.get("num_classes"), int):
            counts[f"{inside}.num_classes"] = value["num_classes"]
        if isinstance(value, Mapping | list | tuple):
            counts |= head_class_counts(value, inside)
    return counts


def _data_set_configs(cfg: Config) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for loader in LOADERS:
        node = cfg.get(loader)
        if isinstance(node, Mapping) and isinstance(node.get("dataset"), Mapping):
            place = loader.removesuffix("_dataloader")
            yield from _innermost(place, f"{loader}.dataset", node["dataset"])


def _innermost(
    place: str, setting: str, node: Mapping[str, Any]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Look through wrappers: repeat factors, repetitions, concatenations."""
    inner = node.get("dataset")
    joined = node.get("datasets")
    if isinstance(inner, Mapping):
        yield from _innermost(place, f"{setting}.dataset", inner)
    elif isinstance(joined, list | tuple):
        for number, part in enumerate(joined):
            if isinstance(part, Mapping):
                yield from _innermost(f"{place}.{number}", f"{setting}.datasets.{number}", part)
    else:
        yield place, setting, node


def _build_without_contents(config: Mapping[str, Any], scope: str | None) -> BaseDataset | None:
    with DATASETS.switch_scope_and_registry(scope) as registry:
        kind = registry.get(config["type"]) if isinstance(config["type"], str) else config["type"]
        if kind is None:
            near = difflib.get_close_matches(config["type"], registry.module_dict, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"{scope} has no data set {config['type']}{hint}")
        if not (isinstance(kind, type) and issubclass(kind, BaseDataset)):
            return None
        return registry.build({**config, "pipeline": [], "lazy_init": True})
