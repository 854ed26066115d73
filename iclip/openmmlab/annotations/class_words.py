"""Check that the words of a model's classes are those of its data, in the order of the labels.

A classifier by words is right about label 3 only if entry 3 of its table is the data's class 3. No
score shows it otherwise: with two entries exchanged, training goes on and learns the wrong words.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iclip.openmmlab.annotations.checked_data import CheckedData
from iclip.openmmlab.annotations.configured_data_sets import ConfiguredDataSet
from iclip.settings import walk_settings
from iclip.text.class_texts import ClassTexts, read_class_texts
from iclip.text.same_words import difference_in_order
from iclip.words import read_class_embeddings

# Settings that name a table, and what reads it.
_READERS = {
    "class_texts": read_class_texts,
    "class_embeddings": lambda path: read_class_embeddings(path).texts,
}
# What a head tests in place of the classes that it was trained on.
_TESTED = "tested_classes"
_TYPES = ("TextClassifier", "SetClasses")


@dataclass(frozen=True)
class StatedWords:
    """The words that a config states for the classes of some data sets.

    Attributes:
        setting: The dotted key that names the file.
        path: The file.
        places: Beginnings of the data sets' places: ``train``, ``val``, ``test``.
    """

    setting: str
    path: str
    places: tuple[str, ...]

    def texts(self) -> ClassTexts:
        """Read the classes.

        Raises:
            OSError: There is no such file.
            ValueError: It is damaged.
        """
        return _READERS[self.setting.rpartition(".")[2]](self.path)


def class_word_problems(
    cfg: Mapping[str, Any], checked: Sequence[tuple[ConfiguredDataSet, CheckedData]]
) -> list[str]:
    """Compare the words with the names of the data's classes.

    Args:
        cfg: A downstream config.
        checked: Its data sets.
    """
    problems = []
    stated = list(stated_words(cfg))
    for source, data in checked:
        words = next((w for w in stated if source.place.startswith(w.places)), None)
        if words is None or data.names is None:
            continue
        try:
            difference = difference_in_order(data.names, words.texts())
            remedy = "Put the entries of the table in the order of the data's labels"
        except (OSError, ValueError) as error:
            difference, remedy = str(error), ""
        if difference:
            where = f"{words.path} ({words.setting}), data: {source.setting}"
            problems.append(". ".join(filter(None, [f"Classes: {difference}; {where}", remedy])))
    return list(dict.fromkeys(problems))


def stated_words(cfg: Mapping[str, Any]) -> Iterator[StatedWords]:
    """Yield the words of a config's classes: those of tests alone first, then those of all."""
    for key, value in walk_settings(cfg.get("custom_hooks") or (), "custom_hooks"):
        if _is_by_words(value):
            yield from _files(value, key, ("test",))
    classifiers: list[StatedWords] = []
    for key, value in walk_settings(cfg.get("model"), "model"):
        if key.endswith(f".{_TESTED}") and isinstance(value, Mapping):
            yield from _files(value, key, ("val", "test"))
        elif _is_by_words(value):
            classifiers += _files(value, key, ("train", "val", "test"))
    yield from classifiers


def _is_by_words(value: Any) -> bool:
    return isinstance(value, Mapping) and str(value.get("type")).rpartition(".")[2] in _TYPES


def _files(settings: Mapping[str, Any], key: str, places: tuple[str, ...]) -> Iterator[StatedWords]:
    for name in _READERS:
        if isinstance(settings.get(name), str):
            yield StatedWords(f"{key}.{name}", settings[name], places)
