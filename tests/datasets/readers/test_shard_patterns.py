import os
from pathlib import Path

import pytest

from iclip.datasets.readers.shard_patterns import expand_shards

SETTING = "ImageTextPairs(shards=...)"


@pytest.fixture(autouse=True)
def shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("00000.tar", "00001.tar", "00002.TAR", "00002.tar.idx.npz", "notes.txt")
    for name in (*names, "._00000.tar", "shards-1.idx", "b[1].tar", "x/y.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        (".", ["00000.tar", "00001.tar", "00002.TAR", "b[1].tar"]),
        ("*.tar", ["00000.tar", "00001.tar", "b[1].tar"]),
        ("0*", ["00000.tar", "00001.tar", "00002.TAR"]),
        ("0000[12].*", ["00001.tar", "00002.TAR"]),
        ("{00000..00001}.tar", ["00000.tar", "00001.tar"]),
        ("{00001,00000}.tar", ["00001.tar", "00000.tar"]),
        ("b[1].tar", ["b[1].tar"]),
        (["00002.TAR", "{00000..00001}.tar"], ["00002.TAR", "00000.tar", "00001.tar"]),
    ],
)
def test_pattern_means_these_tars(pattern: str | list[str], names: list[str]) -> None:
    found, _ = expand_shards(SETTING, pattern)
    assert [os.path.basename(path) for path in found] == names


@pytest.mark.parametrize(
    ("pattern", "omissions"),
    [
        ("*.tar", []),
        ("[0n]*", ["1 .txt file (notes.txt)"]),
        ("{00000,00001,00000}.tar", ["1 shard named again (00000.tar)"]),
        (
            ".",
            [
                "2 folders (./empty)",
                "1 .txt file (./notes.txt)",
                "1 hidden file (./._00000.tar)",
            ],
        ),
    ],
)
def test_what_else_lies_there_is_counted(pattern: str, omissions: list[str]) -> None:
    assert [str(part) for part in expand_shards(SETTING, pattern)[1]] == omissions


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("{00000..00009}.tar", "8 of 10 shards are missing, the first is 00002.tar"),
        ("nowhere/*.tar", "no .tar there, nor another file"),
        ("nowhere/{0..3}.tar", "4 of 4 shards are missing, the first is nowhere/0.tar"),
        ("empty", "no .tar there, nor another file"),
        ("x", "no .tar there, but 1 .txt (x/y.txt)"),
        ("n*", "no .tar there, but 1 .txt (notes.txt)"),
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


def test_braces_that_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match=r"is '\{0\.\.3\.tar', whose braces do not match: write"):
        expand_shards(SETTING, "{0..3.tar")


def test_folders_are_looked_into_once_whatever_the_number_of_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    listdir = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: looks.append(path) or listdir(path))
    (tmp_path / "many").mkdir()
    for number in range(50):
        (tmp_path / "many" / f"{number:05d}.tar").touch()
    assert len(expand_shards(SETTING, "many/{00000..00049}.tar")[0]) == 50
    assert looks == ["many"]
