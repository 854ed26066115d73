import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from iclip.datasets.readers.shard_patterns import expand_shards, leave_out_setting
from tests.support.bucket_server import BucketServer
from tests.support.web_server import WebServer

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


@pytest.mark.parametrize("name", ["00001.tar", "{cwd}/00001.tar"])
def test_shards_are_left_out_by_name_or_path(name: str, tmp_path: Path) -> None:
    found, omissions = expand_shards(SETTING, str(tmp_path), [name.format(cwd=tmp_path)])
    assert [os.path.basename(path) for path in found] == ["00000.tar", "00002.TAR", "b[1].tar"]
    assert str(omissions[0]) == f"1 shard named in leave_out ({tmp_path}/00001.tar)"


def test_shard_that_is_left_out_need_not_be_there() -> None:
    found, omissions = expand_shards(SETTING, "{00000..00003}.tar", ["00002.tar", "00003.tar"])
    assert found == ["00000.tar", "00001.tar"]
    assert str(omissions[0]) == "2 shards named in leave_out (00002.tar)"


@pytest.mark.parametrize(
    ("leave_out", "problem"),
    [
        (
            ["00001.tar", "9.tar", "1.tar"],
            r"names 2 shards that .* not: 9\.tar, 1\.tar\. ",
        ),
        ("00001.tar", r"leave_out='00001\.tar': give a list of shards"),
    ],
)
def test_leaving_out_what_is_not_listed_is_refused(leave_out: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        expand_shards(SETTING, ".", leave_out)  # type: ignore[arg-type]


def test_setting_that_leaves_shards_out_can_be_pasted() -> None:
    with pytest.raises(FileNotFoundError) as error:
        expand_shards(SETTING, "{00000..00003}.tar")
    assert "set leave_out=['00002.tar', '00003.tar']" in str(error.value)
    assert leave_out_setting(["a/0.tar", "b/0.tar"]) == "leave_out=['a/0.tar', 'b/0.tar']"
    assert leave_out_setting(["https://h/0.tar?key=1"]) == "leave_out=['0.tar']"


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


BUCKET = "s3://bucket/shards"


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        (BUCKET, range(6)),
        (f"{BUCKET}/", range(6)),
        (f"{BUCKET}/*.tar", range(6)),
        (f"{BUCKET}/{{00001..00003}}.tar", (1, 2, 3)),
        (f"{BUCKET}/0000[24].*", (2, 4)),
        ([f"{BUCKET}/00005.tar", f"{BUCKET}/{{00000,00001}}.tar"], (5, 0, 1)),
    ],
)
def test_pattern_in_a_bucket_means_these_tars(
    pattern: str | list[str], names: Iterable[int], bucket: BucketServer
) -> None:
    found, _ = expand_shards(SETTING, pattern)
    assert found == [f"{BUCKET}/{number:05d}.tar" for number in names]


def test_odd_names_in_a_bucket_are_found(bucket: BucketServer) -> None:
    odd = f"{BUCKET}/deep/ü [1] b.TAR"
    assert expand_shards(SETTING, odd)[0] == expand_shards(SETTING, f"{BUCKET}/deep")[0] == [odd]


def test_what_else_lies_in_a_bucket_is_counted(bucket: BucketServer) -> None:
    assert [str(part) for part in expand_shards(SETTING, BUCKET)[1]] == [
        f"1 folder ({BUCKET}/deep)",
        f"1 hidden file ({BUCKET}/.hidden.tar)",
    ]


def test_addresses_of_a_web_server_are_named_in_braces(web: WebServer) -> None:
    web.files.update({f"/{number}.tar": b"" for number in range(3)})
    found, _ = expand_shards(SETTING, f"{web.url}/{{0..2}}.tar?signature=axb")
    assert found == [f"{web.url}/{number}.tar?signature=axb" for number in range(3)]


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        (
            f"{BUCKET}/{{00000..00009}}.tar",
            f"4 of 10 shards are missing, the first is {BUCKET}/00006",
        ),
        (f"{BUCKET}/none/*.tar", "no .tar there, nor another file"),
        ("s3://none/{0..3}.tar", "4 of 4 shards are missing, the first is s3://none/0.tar"),
        ("WEB/{0..3}.tar", "4 of 4 shards are missing, the first is WEB/0.tar"),
        ("WEB/shards/*.tar", "a web server has no listing of a folder. Name each file, such as"),
        ("WEB/shards", "1 of 1 shards are missing, the first is WEB/shards"),
    ],
)
def test_missing_remote_shards_are_named(
    pattern: str, problem: str, bucket: BucketServer, web: WebServer
) -> None:
    with pytest.raises(OSError) as error:
        expand_shards(SETTING, pattern.replace("WEB", web.url))
    assert problem.replace("WEB", web.url) in str(error.value)
    assert "ICLIP_DATA" not in str(error.value)


def test_bucket_is_asked_little_about_many_shards(bucket: BucketServer) -> None:
    before = bucket.request_count
    expand_shards(SETTING, [f"{BUCKET}/{number:05d}.tar" for number in range(6)])
    assert bucket.request_count == before + 1
