"""A run whose newest checkpoint is damaged, or whose disk was full, ends as if nothing had been."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.damaged_files import damaged_newest, full_disk
from tests.chaos.faults import Scenario, play
from tests.chaos.trial import Variant


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the undisturbed run is kept."""
    return tmp_path_factory.mktemp("chaos")


@pytest.mark.parametrize("inject", [damaged_newest, full_disk])
def test_nothing_is_lost(inject: Callable[..., Any], folder: Path):
    fault = play(Scenario(inject, [Variant(workers=0)]), "3", folder)
    assert fault.lost == "", fault.line()
