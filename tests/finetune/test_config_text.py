"""A config's text says what it was given, and mmengine reads exactly that."""

from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

from iclip.finetune.config_text import (
    HERE,
    ConfigHeader,
    ConfigPart,
    Expression,
    comment,
    config_text,
    literal,
)

ODD_NAMES = (
    'double " quote', "single ' quote", "back\\slash", "{{ braces }}", "{{_base_.model}}",
    "{{$HOME:x}}", "line\nend", "tab\t", "Straße", "猫", "a" * 120, "", " ", "# no comment",
    "%s {0}", "\udcff",
)  # fmt: skip


def read(folder: Path, parts: list[ConfigPart]) -> Config:
    (folder / "base.py").write_text("model = dict(depth=50, kept=1)\n")
    text = config_text(ConfigHeader("A title", "./base.py"), parts)
    (folder / "config.py").write_text(text, encoding="utf-8")
    assert max(map(len, text.splitlines())) <= 160
    return Config.fromfile(folder / "config.py")


def test_values_are_read_as_they_were_given(tmp_path: Path):
    given: dict[str, Any] = dict(
        model=dict(depth=18, sizes=(1,), on=True, none=None, rate=1e-05),
        listed=[dict(type="A", steps=list(range(60))), dict(type="B")],
        keys={"roi.head": 1, "for": 2, "ok": 3},
    )
    cfg = read(tmp_path, [ConfigPart("Values", given)])
    assert cfg.model.to_dict() == given["model"] | dict(kept=1)
    assert [part.to_dict() for part in cfg.listed] == given["listed"]
    assert cfg["keys"].to_dict() == given["keys"]


def test_names_of_classes_are_never_code(tmp_path: Path):
    cfg = read(tmp_path, [ConfigPart("\n".join(ODD_NAMES), {"classes": ODD_NAMES})])
    assert cfg.classes == ODD_NAMES


def test_folder_of_the_config_is_put_in(tmp_path: Path):
    cfg = read(tmp_path, [ConfigPart("Place", {"file": f"{HERE}/data/train.json"})])
    assert cfg.file == f"{tmp_path}/data/train.json"


def test_expressions_are_computed(tmp_path: Path):
    part = ConfigPart("Sum", {"n": (1, 2), "total": Expression("sum(n)"), "inner": dict(
        a=Expression("len(n)"))})  # fmt: skip
    cfg = read(tmp_path, [part])
    assert (cfg.total, cfg.inner.a) == (3, 2)


@pytest.mark.parametrize("text", ["short", "long " * 60, "two\nlines"])
def test_comment_is_a_comment_on_every_line(text: str):
    lines = comment(text)
    assert all(line.startswith("#") and len(line) <= 100 for line in lines)
    assert " ".join(line.removeprefix("# ") for line in lines).split() == text.split()


def test_command_in_a_comment_stays_on_its_line():
    command = "  iclip finetune detection --data " + "a b " * 40 + "c"
    assert comment(f"Written by\n{command}") == ["# Written by", f"# {command}"]


def test_short_values_stay_on_their_line():
    assert literal(dict(a=1, b=["x"])) == 'dict(a=1, b=["x"])'
