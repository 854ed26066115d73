"""A dotted key reaches into mappings and lists, as mmengine's own merging does."""

import math
from typing import Any

import pytest
from mmengine.config import Config

from iclip.settings import (
    follow_key,
    get_setting,
    has_setting,
    plain_values,
    walk_settings,
    whole_number,
)

CONTENT = dict(
    train_cfg=dict(max_iters=5),
    loaders=[dict(batch_size=2), dict(batch_size=3)],
    load_from=None,
    name="text",
)


@pytest.fixture(params=[dict, Config], ids=["mapping", "Config"])
def config(request: pytest.FixtureRequest) -> Any:
    return request.param(CONTENT)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("train_cfg.max_iters", 5),
        ("loaders.1.batch_size", 3),
        ("loaders.0", {"batch_size": 2}),
        ("load_from", None),
    ],
)
def test_key_of_the_config_gives_its_value(key: str, value: Any, config: Any):
    assert has_setting(config, key)
    assert get_setting(config, key, "default") == value


@pytest.mark.parametrize(
    ("key", "missing"),
    [
        ("val_cfg", ["val_cfg"]),
        ("train_cfg.max_epochs.x", ["max_epochs", "x"]),
        ("loaders.2.batch_size", ["2", "batch_size"]),
        ("loaders.batch_size", ["batch_size"]),
        ("load_from.path", ["path"]),
        ("name.0", ["0"]),
        ("train_cfg.max_iters.0", ["0"]),
    ],
)
def test_key_that_the_config_lacks_gives_the_default(key: str, missing: list[str], config: Any):
    assert not has_setting(config, key)
    assert get_setting(config, key) is None
    assert get_setting(config, key, "default") == "default"
    assert follow_key(config, key)[1] == missing


def test_walk_gives_every_value_with_the_key_that_finds_it():
    walked = dict(walk_settings(CONTENT["loaders"], "loaders"))
    assert list(walked) == [
        "loaders", "loaders.0", "loaders.0.batch_size", "loaders.1", "loaders.1.batch_size",
    ]  # fmt: skip
    assert all(get_setting(CONTENT, key) == value for key, value in walked.items())


@pytest.mark.parametrize(("value", "number"), [(1, 1), (10.0, 10), (1e3, 1000)])
def test_whole_numbers_are_read(value: float, number: int):
    assert (whole_number("max_iters", value), type(whole_number("a", value))) == (number, int)


@pytest.mark.parametrize("value", [0, -1, 2.5, math.nan, math.inf, "5", None, True])
def test_what_is_not_a_whole_number_is_refused(value: Any):
    expected = rf"train_cfg\.max_iters is {value!r}; it takes a whole number from 1 up"
    with pytest.raises(ValueError, match=expected):
        whole_number("train_cfg.max_iters", value)


def test_plain_values_are_a_copy_without_objects():
    given = {"a": (1, [None, {"b": 2.5}]), 3: math.cos}
    plain = plain_values(given)
    assert plain == {"a": (1, [None, {"b": 2.5}]), "3": repr(math.cos)}
    assert plain["a"][1] is not given["a"][1]
