"""Sources that are indexed say which of their settings decide how."""

import inspect
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import iclip.datasets  # noqa: F401  (registers the sources)
from iclip.datasets.image_text_pairs import ImageTextPairs
from iclip.datasets.indexed_source import IndexedSource
from iclip.datasets.labelled_images import LabelledImages
from iclip.registry import DATASETS

INDEXED = [
    source
    for source in DATASETS.module_dict.values()
    if isinstance(source, type) and issubclass(source, IndexedSource)
]


def test_sources_of_tars_are_indexed() -> None:
    assert set(INDEXED) == {LabelledImages, ImageTextPairs}


@pytest.mark.parametrize("source", INDEXED)
def test_settings_are_the_constructors(source: type[IndexedSource]) -> None:
    assert source.index_settings
    assert set(source.index_settings) <= set(inspect.signature(source).parameters)


@pytest.mark.parametrize("source", INDEXED)
def test_only_these_settings_are_read(source: type[IndexedSource], tmp_path: Path) -> None:
    asked = set()

    class Settings(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            asked.add(name)
            return str(tmp_path / "absent")

        def get(self, name: str, default: Any = None) -> Any:
            asked.add(name)
            return default

    with ThreadPoolExecutor(1) as threads, pytest.raises(FileNotFoundError):
        source.index_files(Settings(), threads, 1)
    assert asked and asked <= set(source.index_settings)
