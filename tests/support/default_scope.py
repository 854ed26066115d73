"""mmengine's default scope, which the frameworks' inferencers set and leave set."""

from collections.abc import Iterator

import pytest
from mmengine.registry import DefaultScope


@pytest.fixture(autouse=True)
def scope_is_restored() -> Iterator[None]:
    """Restore mmengine's global default scope after a test."""
    before = dict(DefaultScope._instance_dict)
    yield
    DefaultScope._instance_dict.clear()
    DefaultScope._instance_dict.update(before)
