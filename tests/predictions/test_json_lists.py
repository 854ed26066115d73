"""Long lists are written entry by entry."""

import json
from pathlib import Path

import pytest

from iclip.predictions.json_lists import write_json_list, write_json_lists


def test_lists_come_back(tmp_path: Path):
    lists = {"a": [{"b": 1}, "\udcff"], "empty": [], 'quoted "c"': [[1.5, None]]}
    write_json_lists(tmp_path / "a.json", {key: iter(value) for key, value in lists.items()})
    assert json.loads((tmp_path / "a.json").read_text()) == lists


@pytest.mark.parametrize("entries", [[], [1], [1, {"a": [2]}]])
def test_list_comes_back(entries: list, tmp_path: Path):
    write_json_list(tmp_path / "a.json", iter(entries))
    assert json.loads((tmp_path / "a.json").read_text()) == entries


def test_entry_that_fails_leaves_no_file(tmp_path: Path):
    with pytest.raises(TypeError):
        write_json_list(tmp_path / "a.json", iter([1, object()]))
    assert list(tmp_path.iterdir()) == []
