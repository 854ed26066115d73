import os
from pathlib import Path

import pytest

from iclip.datasets.shard_patterns import expand_shards

SETTING = "ImageTextPairs(shards=...)"


@pytest.fixture(autouse=True)
def shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("00000.tar", "00001.tar", "00002.tar", "00002.tar.idx.npz", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "numbers"),
    [
        (".", [0, 1, 2]),
        ("*.tar", [0, 1, 2]),
        ("0000[12].tar", [1, 2]),
        ("{00000..00001}.tar", [0, 1]),
        ("{00002,00000}.tar", [2, 0]),
        ("00001.tar", [1]),
        (["00002.tar", "{00000..00001}.tar"], [2, 0, 1]),
    ],
)
def test_pattern_means_these_tars(pattern: str | list[str], numbers: list[int]) -> None:
    found = expand_shards(SETTING, pattern)
    assert [os.path.basename(path) for path in found] == [f"0000{n}.tar" for n in numbers]


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("{00000..00009}.tar", "7 of 10 shards are missing, the first is 00003.tar"),
        ("nowhere/*.tar", "no file matches"),
        ("empty", "the folder holds no *.tar"),
        (["00000.tar", "nowhere.tar"], "1 of 2 shards are missing, the first is nowhere.tar"),
    ],
)
def test_missing_shards_are_named(pattern: str | list[str], problem: str) -> None:
    with pytest.raises(FileNotFoundError) as error:
        expand_shards(SETTING, pattern)
    assert str(error.value).startswith(f"{SETTING} is ")
    assert problem in str(error.value) and "ICLIP_DATA" in str(error.value)


def test_empty_list_is_refused() -> None:
    with pytest.raises(ValueError, match="is an empty list: name the shards"):
        expand_shards(SETTING, [])
