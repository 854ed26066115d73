from pathlib import Path

import numpy as np
import pytest

from iclip.benchmarks.peers.lvis_authors import evaluate_file
from tests.evaluation.lvis_world import of_the_authors, write_world


def test_means_are_the_authors_in_percent_and_numpy_is_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    files = write_world(tmp_path)
    found = evaluate_file(*files)
    assert not hasattr(np, "float")
    expected = of_the_authors(*files, monkeypatch)
    assert {*found} == {*expected}
    assert found == pytest.approx(expected)
