"""A dumped config is read for its values, and not run."""

from pathlib import Path

import pytest

from iclip.files.config_dump import parse_config_dump, read_config_dump
from iclip.settings import get_setting


def test_config_is_read_without_running_it(tmp_path: Path):
    dump = tmp_path / "config.py"
    dump.write_text(
        "a = dict(b=[1, -2.5, (None, True)])\nc = open('x', 'w')\nd = {'e': 'f'}\n"
        "g = dict({'a/b': dict(h=1)})\ni = dict(j)\n"
    )
    config = read_config_dump(dump)
    assert config == {
        "a": {"b": [1, -2.5, (None, True)]}, "c": "open('x', 'w')", "d": {"e": "f"},
        "g": {"a/b": {"h": 1}}, "i": "dict(j)",
    }  # fmt: skip
    assert get_setting(config, "a.b.1") == -2.5
    assert get_setting(config, "a.b.7") is None
    assert get_setting(config, "a.c.d") is None


def test_text_that_is_not_python_is_named():
    with pytest.raises(ValueError, match=r"a\.pth: meta\['cfg'\] is not a dumped config"):
        parse_config_dump("a = (", "a.pth: meta['cfg']")


def test_file_that_is_not_text_is_named(tmp_path: Path):
    (tmp_path / "config.py").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"config\.py is not a dumped config"):
        read_config_dump(tmp_path / "config.py")
