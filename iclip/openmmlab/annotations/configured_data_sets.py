"""The data sets and metrics that a downstream config names.

Data sets are objects of the frameworks' own classes that have not read their files.
"""

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmengine.registry import DATASETS

from iclip.messages import one_line

LOADERS = ("train_dataloader", "val_dataloader", "test_dataloader")


@dataclass(frozen=True)
class ConfiguredDataSet:
    """A data set of a config.

    Attributes:
        place: ``train``, ``val`` or ``test``, with a number where a loader joins several.
        setting: The setting that holds it, as ``--cfg-options`` writes it.
        config: The value of that setting.
        dataset: An object of its class: paths are joined and classes known, no file is read.
    """

    place: str
    setting: str
    config: Mapping[str, Any]
    dataset: BaseDataset

    @property
    def type_name(self) -> str:
        """The class as the config names it."""
        return str(self.config["type"])


def configured_data_sets(cfg: Config) -> tuple[list[ConfiguredDataSet], list[str]]:
    """Build each data set of a config once, without reading its files.

    Data sets that do not derive from mmengine's ``BaseDataset`` are left out.

    Returns:
        The data sets, and what is wrong with those that cannot be built.
    """
    found, problems, seen = [], [], set()
    for place, setting, config in _data_set_configs(cfg):
        # Validation and test often name the same data set.
        key = json.dumps(config, default=str, sort_keys=True)
        if key in seen:
            continue
        seen.add(key)
        try:
            dataset = _build_without_contents(config, cfg.get("default_scope"))
        except Exception as error:  # each class has its own errors for wrong arguments
            problems.append(
                f"Data set: {setting} cannot be built from the config: {one_line(error, 300)}. "
                "Correct its type or its arguments"
            )
            continue
        if dataset is not None:
            found.append(ConfiguredDataSet(place, setting, config, dataset))
    return found, problems


def head_class_counts(model: Any, place: str = "model", tested: bool = False) -> dict[str, int]:
    """Find the numbers of classes of the heads that see a data set's labels.

    Args:
        model: A model's config, or a part of it.
        place: The setting that holds it.
        tested: Whether the data set is one of evaluation, for which a head may have other classes
            (``tested_classes``, :mod:`iclip.openmmlab.text_maskformer_head`).

    Returns:
        ``num_classes`` by setting.
    """
    counts = {}
    entries = enumerate(model) if isinstance(model, list | tuple) else dict(model or {}).items()
    for key, value in entries:
        inside = f"{place}.{key}"
        # A proposal head tells objects from background; a semantic head has its own classes.
        if str(key) in ("rpn_head", "semantic_head", "panoptic_head"):
            continue
        # In a list of heads the keys are numbers. Losses may have a num_classes, too.
        if isinstance(key, str) and not key.endswith("head"):
            continue
        if isinstance(value, Mapping):
            other = value.get("tested_classes") if tested else None
            node, setting = (other, f"{inside}.tested_classes") if other else (value, inside)
            if isinstance(node.get("num_classes"), int):
                counts[f"{setting}.num_classes"] = node["num_classes"]
        if isinstance(value, Mapping | list | tuple):
            counts |= head_class_counts(value, inside, tested)
    return counts


def configured_metrics(cfg: Config, place: str) -> list[Mapping[str, Any]]:
    """List the configs of the metrics of ``val`` or ``test``."""
    node = cfg.get(f"{place}_evaluator")
    nodes = node if isinstance(node, list | tuple) else [node]
    return [metric for metric in nodes if isinstance(metric, Mapping)]


def _data_set_configs(cfg: Config) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield place, setting and config of each data set of the three loaders."""
    for loader in LOADERS:
        node = cfg.get(loader)
        if isinstance(node, Mapping) and isinstance(node.get("dataset"), Mapping):
            place = loader.removesuffix("_dataloader")
            yield from innermost_data_sets(place, f"{loader}.dataset", node["dataset"])


def innermost_data_sets(
    place: str, setting: str, node: Mapping[str, Any]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Look through wrappers that repeat, balance or join data sets.

    Yields:
        Place, setting and config of each data set, as in :class:`ConfiguredDataSet`.
    """
    inner = node.get("dataset")
    joined = node.get("datasets")
    if isinstance(inner, Mapping):
        yield from innermost_data_sets(place, f"{setting}.dataset", inner)
    elif isinstance(joined, list | tuple):
        for number, part in enumerate(joined):
            if isinstance(part, Mapping):
                yield from innermost_data_sets(
                    f"{place}.{number}", f"{setting}.datasets.{number}", part
                )
    else:
        yield place, setting, node


def _build_without_contents(config: Mapping[str, Any], scope: str | None) -> BaseDataset | None:
    """Build a data set that has not read its files; None if it is not mmengine's ``BaseDataset``.

    Raises:
        ValueError: The scope has no data set of this type.
    """
    with DATASETS.switch_scope_and_registry(scope) as registry:
        kind = registry.get(config["type"]) if isinstance(config["type"], str) else config["type"]
        if kind is None:
            near = difflib.get_close_matches(config["type"], registry.module_dict, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"{scope} has no data set {config['type']}{hint}")
        if not (isinstance(kind, type) and issubclass(kind, BaseDataset)):
            return None
        return registry.build({**config, "pipeline": [], "lazy_init": True})
