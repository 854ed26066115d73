"""Names from archives, addresses and folders lead nowhere but into the folder that is meant."""

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.datasets.readers.sample_members import SampleNames
from iclip.datasets.readers.shard_table import ShardTable
from iclip.datasets.readers.tar_index import index_path
from iclip.files.shard_cache import ShardCache
from iclip.files.stored_file import FileState
from iclip.predict.inputs import find_inputs
from iclip.text.sources import wordnet_fetch
from tests.hostile.hostile_texts import FRAGMENTS, texts
from tests.support.stub_predictor import StubPredictor, predict_on, write_blank_image

FOLDER = Path("/index/folder")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(texts)
def test_index_of_any_address_lies_in_its_folder(name: str):
    for tar in (f"https://host/{name}", f"s3://bucket/{name}.tar", f"/data/{name}.tar"):
        path = index_path(tar, FOLDER)
        assert path.parent == FOLDER
        assert path.name.endswith(".idx.npz")


@settings(max_examples=100, deadline=None, derandomize=True)
@given(texts, st.integers(0, 10**12), texts)
def test_copy_of_any_address_lies_in_the_cache(name: str, size: int, stamp: str):
    path = Path(ShardCache(FOLDER, 1).copy_path(f"s3://{name}", FileState(size, stamp)))
    assert path.parent == FOLDER
    assert path.name.removesuffix(".shard").isalnum()


def file_names() -> list[str]:
    """Names that a file system takes."""
    names = [text.replace("/", "").replace("\0", "") for text in FRAGMENTS]
    odd = ["..", "-rf", "CON", "x" * 240, "日" * 80, "\r", "a\u2028b", os.fsdecode(b"a\xff")]
    return sorted({name for name in (*names, *odd) if name and not name.startswith(".")})


def test_pictures_of_any_file_lie_in_the_folder_and_are_found_again(tmp_path: Path):
    folder, out = tmp_path / "in", tmp_path / "deep/out"
    for name in file_names():
        write_blank_image(folder / f"{name}.png")
    before = {path for path in tmp_path.rglob("*") if out not in path.parents}
    inputs, left_out = find_inputs([folder], only_videos=False)
    assert len(inputs) == len(file_names()) and not left_out.counts
    predict_on([folder], out)
    written = {path for path in tmp_path.rglob("*") if path.suffix == ".jpg"} - before
    assert len(written) == len(inputs)
    assert {path.parent for path in written} == {out}
    for path in written:
        assert path.name.isprintable() and not set("/\\:\n\r\x1b") & set(path.name)
    again = StubPredictor()
    predict_on([folder], out, again)
    assert again.calls == 0


def member(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> tuple:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, len(content)
    return info, io.BytesIO(content)


def test_shard_reads_and_writes_nothing_outside(tmp_path: Path):
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"secret")
    (tmp_path / "shards").mkdir()
    path = tmp_path / "shards/a.tar"
    with tarfile.open(path, "w") as tar:
        for info, content in (
            member("../../up.jpg", b"up"), member("../../up.txt", b"a"),
            member(f"{tmp_path}/root.jpg", b"root"), member(f"{tmp_path}/root.txt", b"b"),
            member("soft.jpg", kind=tarfile.SYMTYPE, link=str(secret)), member("soft.txt", b"c"),
            member("hard.jpg", kind=tarfile.LNKTYPE, link=str(secret)), member("hard.txt", b"d"),
            member("fifo.jpg", kind=tarfile.FIFOTYPE), member("device.jpg", kind=tarfile.CHRTYPE),
        ):  # fmt: skip
            tar.addfile(info, content)
    table = ShardTable([str(path)], SampleNames("txt"), without_text="skip")
    assert [table.read_pair(i) for i in range(len(table))] == [(b"up", b"a"), (b"root", b"b")]
    assert {path.name for path in tmp_path.iterdir()} == {"secret.jpg", "shards"}
    assert not list(tmp_path.parent.glob("up.*"))


def test_downloaded_archive_writes_nothing_outside(tmp_path: Path):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("../../up", "x")
        packed.writestr(f"{tmp_path}/absolute", "x")
        link = zipfile.ZipInfo("wordnet/link")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, "/etc/passwd")
    staging = tmp_path / "deep/staging"
    staging.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wordnet_fetch, "download_archive", lambda _: archive)
        folder = wordnet_fetch._from_nltk(staging)
    assert {path.name for path in tmp_path.iterdir()} == {"a.zip", "deep"}
    assert {path.name for path in staging.iterdir()} == {"nltk"}
    assert not (folder / "link").is_symlink()
    assert (folder / "link").read_text() == "/etc/passwd"


def test_archive_that_would_fill_the_disk_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("wordnet/data.noun", bytes(20_000))
    monkeypatch.setattr(wordnet_fetch, "download_archive", lambda _: tmp_path / "a.zip")
    monkeypatch.setattr(wordnet_fetch, "_LARGEST_UNPACKED", 10_000)
    with pytest.raises(OSError, match="a zip file of 20,000 bytes, unpacked"):
        wordnet_fetch._from_nltk(tmp_path)


def test_link_in_what_was_fetched_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    source = tmp_path / "source"
    source.mkdir()
    monkeypatch.setattr(wordnet_fetch, "_REQUIRED_FILES", ())
    (source / "lexnames").symlink_to("/etc/passwd")
    with pytest.raises(RuntimeError, match="holds more than files: lexnames"):
        wordnet_fetch._copy_corpus(source, tmp_path / "target")
    assert not (tmp_path / "target").exists()
