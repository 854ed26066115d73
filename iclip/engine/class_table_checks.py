"""Labels mean the same classes for the data, for the model and for the evaluation.

A label is a line of a class-text table. The data sets, the model's prompts and the metrics each
name their table; if the lines differ, every figure is wrong and nothing fails.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from iclip.text.class_texts import read_class_texts


@dataclass(frozen=True)
class Table:
    """A class-text table that a config names.

    Attributes:
        place: The setting that names it.
        path: Its file.
    """

    place: str
    path: str

    def ids(self) -> tuple[str, ...]:
        """The ids in the order of the labels; none if it cannot be read, which others say."""
        try:
            return read_class_texts(self.path).ids
        except (OSError, ValueError):
            return ()


def class_table_problems(cfg: Mapping[str, Any]) -> list[str]:
    """Compare the class-text tables of a config where the labels of one index the other.

    In training the model's table begins with the data's; in validation the metric's does. A linear
    head has the model's classes, with which the data's table begins.
    """
    model = _table(cfg.get("model"), "model", "class_prompts")
    problems = []
    for data in _data_tables(cfg.get("train_dataloader"), "train_dataloader"):
        problems += _differ(data, model) if model else []
    for data, metric, is_head in _validated(cfg):
        texts = model if is_head else metric
        if texts:
            problems += _differ(texts, data) if is_head else _differ(data, texts)
    # Several metrics may compare the same two tables.
    return list(dict.fromkeys(problems))


def _differ(shorter: Table, longer: Table) -> list[str]:
    """Say where the lines of two tables differ; the longer one may have more of them."""
    if shorter.path == longer.path:
        return []
    one, other = shorter.ids(), longer.ids()
    if not one or not other or other[: len(one)] == one:
        return []
    pairs = enumerate(zip(one, other, strict=False))
    line = next((number for number, (a, b) in pairs if a != b), len(other))
    there = repr(other[line]) if line < len(other) else "absent"
    return [
        f"Classes: label {line} is {one[line]!r} in {shorter.path} ({shorter.place}), but {there} "
        f"in {longer.path} ({longer.place}). Name the same table in both"
    ]


def _validated(cfg: Mapping[str, Any]) -> Iterator[tuple[Table, Table | None, bool]]:
    """Give each validation set's table with each metric's, and whether that is a head's."""
    loaders: Any = cfg.get("val_dataloader")
    metrics: Any = cfg.get("val_evaluator")
    several = isinstance(loaders, list | tuple)
    pairs = zip(loaders, metrics or (), strict=False) if several else [(loaders, metrics)]
    for number, (loader, entry) in enumerate(pairs):
        suffix = f".{number}" if several else ""
        for data in _data_tables(loader, f"val_dataloader{suffix}"):
            for place, metric in _metrics(entry, f"val_evaluator{suffix}"):
                is_head = str(metric.get("type")).endswith("ClassifierAccuracy")
                yield data, _own_table(metric, place), is_head


def _metrics(node: Any, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(node, Mapping):
        yield place, node
    elif isinstance(node, list | tuple):
        for number, metric in enumerate(node):
            yield from _metrics(metric, f"{place}.{number}")


def _data_tables(node: Any, place: str) -> Iterator[Table]:
    """Find the tables that data sets in a part of a config index."""
    if isinstance(node, Mapping):
        table = _own_table(node, place)
        if table:
            yield table
        for key, value in node.items():
            yield from _data_tables(value, f"{place}.{key}")
    elif isinstance(node, list | tuple):
        for number, value in enumerate(node):
            yield from _data_tables(value, f"{place}.{number}")


def _table(node: Any, place: str, *keys: str) -> Table | None:
    for key in keys:
        node = node.get(key) if isinstance(node, Mapping) else None
        place = f"{place}.{key}"
    return _own_table(node, place) if isinstance(node, Mapping) else None


def _own_table(node: Mapping[str, Any], place: str) -> Table | None:
    path: Any = node.get("class_texts")
    return Table(f"{place}.class_texts", path) if isinstance(path, str) else None
