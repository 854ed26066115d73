"""Result files are recognized by what they say, and written whole."""

import json
from pathlib import Path

import pytest

from iclip.results import KINDS, SCHEMA, is_result, unread_images, write_result


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_recognised(kind: str, tmp_path: Path) -> None:
    write_result(tmp_path / "new/x.json", kind, model="é", results={})
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["x.json"]
    content = json.loads((tmp_path / "new/x.json").read_text(encoding="utf-8"))
    assert is_result(content)
    assert content == {"schema": SCHEMA, "kind": kind, "model": "é", "results": {}}


@pytest.mark.parametrize(
    "content", [None, [], "x", {}, {"schema": SCHEMA}, {"schema": "x", "kind": KINDS[0]}], ids=str
)
def test_anything_else_is_none(content: object) -> None:
    assert not is_result(content)


def test_names_are_cut_and_counts_are_not() -> None:
    found = unread_images([str(i) for i in range(250)], ["a"])
    assert (found["broken"]["count"], len(found["broken"]["names"])) == (250, 100)
    assert found["missing"] == {"count": 1, "names": ["a"]}
