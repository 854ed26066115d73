"""Labels mean the same classes for the data, for the model and for the evaluation.

A label is the number of a line of a class-text table. The data sets, the model's prompts and the
metrics each name their table; if the lines differ, every score is wrong and nothing fails. The same
holds for lists of images that name their classes themselves, and for the classifier of the model.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from iclip.registry import DATASETS, METRICS, own_type
from iclip.settings import get_setting, walk_settings
from iclip.text.class_texts import ClassTexts, read_class_texts
from iclip.text.same_words import difference_in_order


@dataclass(frozen=True)
class Table:
    """A class-text table that a config names.

    Attributes:
        setting: The dotted key that names it.
        path: The table's file.
    """

    setting: str
    path: str

    def ids(self) -> tuple[str, ...]:
        """Return the ids in the order of the labels; none if the table cannot be read."""
        texts = self.texts()
        return () if texts is None else texts.ids

    def texts(self) -> ClassTexts | None:
        """Return the table; None if it cannot be read.

        The reader of the data or of the model says what is wrong with the table.
        """
        try:
            return read_class_texts(self.path)
        except (OSError, ValueError):
            return None


def class_table_problems(cfg: Mapping[str, Any]) -> list[str]:
    """Compare the class-text tables of a config where the labels of one index the other.

    In training, the model's table begins with the data's; in validation, the metric's does. A
    linear head has the model's classes: there, the data's table begins with the model's.
    """
    model = next(_tables(get_setting(cfg, "model.class_prompts"), "model.class_prompts"), None)
    problems = []
    for data in _tables(cfg.get("train_dataloader"), "train_dataloader"):
        problems += _differences(data, model)
    for data, metric, metric_table in _validated(cfg):
        if own_type(METRICS, metric.get("type")) is own_type(METRICS, "ClassifierAccuracy"):
            problems += _differences(model, data)
        else:
            problems += _differences(data, metric_table)
    # Several metrics may compare the same two tables.
    return [*dict.fromkeys(problems), *_class_list_problems(cfg)]


def _class_list_problems(cfg: Mapping[str, Any]) -> list[str]:
    """Compare the classes that lists of images name with each other and with the model's number."""
    lists = list(_class_lists(cfg))
    if not lists:
        return []
    first, classes = lists[0]
    problems = [
        f"Classes: {place} names other classes than {first}, or in another order, so labels would "
        "mean other classes. Write both lists from the same data"
        for place, others in lists[1:]
        if others != classes
    ]
    count = get_setting(cfg, "model.num_classes")
    if count is not None and count != len(classes):
        problems.append(
            f"Classes: model.num_classes is {count}, and {first} names {len(classes):,} classes; "
            f"set it to {len(classes)}"
        )
    for table in _tables(get_setting(cfg, "model.classifier"), "model.classifier"):
        texts = table.texts()
        difference = difference_in_order(classes, texts) if texts is not None else ""
        if difference:
            problems.append(
                f"Classes: {difference} ({table.path}, {table.setting}). Put the table in the "
                f"order of {first}"
            )
    return list(dict.fromkeys(problems))


def _class_lists(cfg: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the lists of images that name their classes: their setting, and the classes."""
    for section in ("train_dataloader", "val_dataloader", "test_dataloader"):
        for key, settings in walk_settings(cfg.get(section), section):
            if not isinstance(settings, Mapping):
                continue
            reader = own_type(DATASETS, settings.get("type"))
            if hasattr(reader, "class_names"):
                try:
                    yield key, reader.class_names(settings)
                except (KeyError, OSError, ValueError):
                    continue  # the reader's own check says what is wrong


def _differences(shorter: Table | None, longer: Table | None) -> list[str]:
    """Say where the lines of two tables differ; the longer one may have more of them."""
    if shorter is None or longer is None or shorter.path == longer.path:
        return []
    one, other = shorter.ids(), longer.ids()
    if not one or not other or other[: len(one)] == one:
        return []
    pairs = enumerate(zip(one, other, strict=False))
    line = next((number for number, (a, b) in pairs if a != b), len(other))
    there = repr(other[line]) if line < len(other) else "absent"
    return [
        f"Classes: label {line} is {one[line]!r} in {shorter.path} ({shorter.setting}), but "
        f"{there} in {longer.path} ({longer.setting}). Name the same table in both"
    ]


def _validated(cfg: Mapping[str, Any]) -> Iterator[tuple[Table, Mapping[str, Any], Table | None]]:
    """Yield each validation set's table with each of its metrics, and the metric's own table."""
    loaders: Any = cfg.get("val_dataloader")
    metrics: Any = cfg.get("val_evaluator")
    several = isinstance(loaders, list | tuple)
    pairs = zip(loaders, metrics or (), strict=False) if several else [(loaders, metrics)]
    for number, (loader, entry) in enumerate(pairs):
        suffix = f".{number}" if several else ""
        for data in _tables(loader, f"val_dataloader{suffix}"):
            for key, metric in walk_settings(entry, f"val_evaluator{suffix}"):
                if isinstance(metric, Mapping) and "type" in metric:
                    yield data, metric, next(_tables(metric, key), None)


def _tables(part: Any, key: str) -> Iterator[Table]:
    """Find the tables that a part of a config names."""
    for found, path in walk_settings(part, key):
        if found.endswith(".class_texts") and isinstance(path, str):
            yield Table(found, path)
