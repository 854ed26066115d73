"""A dumped config is read for its values, and not run."""

from pathlib import Path

from iclip.report.dumped_config import read_config_dump
from iclip.settings import get_setting


def test_config_is_read_without_running_it(tmp_path: Path):
    dump = tmp_path / "config.py"
    dump.write_text("a = dict(b=[1, -2.5, (None, True)])\nc = open('x', 'w')\nd = {'e': 'f'}\n")
    config = read_config_dump(dump)
    assert config == {
        "a": {"b": [1, -2.5, (None, True)]}, "c": "open('x', 'w')", "d": {"e": "f"},
    }  # fmt: skip
    assert get_setting(config, "a.b.1") == -2.5
    assert get_setting(config, "a.b.7") is None
    assert get_setting(config, "a.c.d") is None
