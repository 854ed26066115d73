"""What stands in configs and on command lines: patterns of shards, keys and values."""

from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from mmengine.config import Config

from iclip.datasets.readers.shard_patterns import expand_shards
from iclip.engine.start.config_options import merge_options
from tests.fuzz.mutations import ODD_VALUES
from tests.fuzz.target import Target, read_or_refuse
from tests.hostile.hostile_texts import texts

PIECES = st.sampled_from(
    ("{", "}", "{0..3}", "{00..3..2}", "{a..c}", ",", "..", "{0..99999999}", "{9..0..-1}", "[",
     "]", "*", "?", "\\", "a.tar", "/", "0", "{a,b}", "{0..1..0}", "{{0..1}..{0..3}}", "$", "\x00")
)  # fmt: skip
patterns = st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=6).map("".join)
KEYS = st.sampled_from(
    ("model", "lr", "layers", "optim", "0", "1", "-1", "5", "", "type", "train_cfg", "max_iters")
)
keys = st.lists(st.one_of(KEYS, st.text(max_size=3)), min_size=1, max_size=4).map(".".join)
values: st.SearchStrategy[Any] = st.one_of(st.sampled_from(ODD_VALUES), texts)


def expand(pattern: str, folder: Path) -> None:
    for name in ("a.tar", "0.tar", "1.tar"):
        (folder / name).touch()
    read_or_refuse(lambda: expand_shards("pairs.shards", f"{folder}/{pattern}"))


def merge(options: dict[str, Any], _: Path) -> None:
    cfg = Config(
        dict(
            model=dict(type="ICLIP", layers=[1, 2]),
            lr=1e-3,
            optim=dict(type="AdamW"),
            train_cfg=dict(max_iters=10),
        )
    )
    read_or_refuse(lambda: merge_options(cfg, options))


SETTING_TARGETS = (
    Target("shard-patterns", patterns, expand),
    Target("config-options", st.dictionaries(keys, values, max_size=3), merge),
)
