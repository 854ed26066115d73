"""Files that others take the places of: named once each, and not more than allowed."""

import pytest

from iclip.openmmlab.replaced_files import ReplacedFiles


def test_each_file_is_named_once_and_more_than_the_limit_are_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(
        "iclip.openmmlab.replaced_files.print_log", lambda text, logger: said.append(text)
    )
    replaced = ReplacedFiles("clip", 2, "Reader(max=2)")
    for name in ("a", "b", "a", "b"):
        replaced.add(name, f"{name} is cut", OSError())
    assert said == [
        "a is cut; 1 clip so far in this process; another one takes its place",
        "b is cut; 2 clips so far in this process; another one takes its place",
    ]
    error = OSError()
    with pytest.raises(
        ValueError, match=r"^c is cut; 3 clips .* more than Reader\(max=2\) allows"
    ) as raised:
        replaced.add("c", "c is cut", error)
    assert raised.value.__cause__ is error and replaced.names == {"a", "b", "c"}
