"""What the commands' tests read, and where the evaluation tools write."""

from pathlib import Path

import pytest

from tests.support.small_wordnet import small_wordnet, write_corpus  # noqa: F401
from tests.support.zero_shot_models import micro, photos, table, tiny, tiny_name  # noqa: F401


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    """Options of an evaluation tool: the CPU, and files of the test's own."""
    cache, result = tmp_path / "c", tmp_path / "result.json"
    return ["--device", "cpu", "--cache", str(cache), "--json", str(result)]
