import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from iclip.text.sources import wordnet_fetch
from iclip.text.sources.wordnet import WORDNET_ENV
from iclip.text.sources.wordnet_fetch import fetch_wordnet, lexnames

# Stands in for apt-get: notes its arguments and "downloads" two packages, at the first call or,
# where the machine has no package lists, after an `update`.
APT_GET = """#!/bin/sh
echo "$@" >> {log}
case "$*" in
  *lists*update) touch {updated} ;;
  *download*)
    if [ -e {lists} ] || [ -e {updated} ]; then touch wordnet-base_3.deb wordnet-sense-index_3.deb
    else echo "E: Unable to locate package wordnet-base" >&2; exit 100; fi ;;
esac
"""
# Stands in for dpkg-deb -x ARCHIVE FOLDER.
DPKG_DEB = """#!/bin/sh
mkdir -p "$3/usr/share/wordnet" && cp {files}/* "$3/usr/share/wordnet"
"""


@pytest.fixture(autouse=True)
def no_wordnet_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WORDNET_ENV, raising=False)
    monkeypatch.setattr("nltk.data.path", [])


@pytest.fixture(autouse=True)
def nltk_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(directory: Path) -> Path:
        raise OSError("no route to host")

    monkeypatch.setattr(wordnet_fetch, "download_archive", refuse)


@pytest.fixture
def debian(
    tmp_path: Path, write_corpus: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder with stand-ins for Debian's programs, which are the only ones on the PATH."""
    folder = tmp_path / "debian"
    files = write_corpus(folder / "files")
    (folder / "bin").mkdir()
    scripts = {
        "apt-get": APT_GET.format(
            log=folder / "log", updated=folder / "updated", lists=folder / "lists"
        ),
        "dpkg-deb": DPKG_DEB.format(files=files),
    }
    for name, script in scripts.items():
        (folder / "bin" / name).write_text(script)
        (folder / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder / "bin"), prepend=os.pathsep)
    (folder / "lists").touch()
    return folder


def quiet(line: str) -> None:
    pass


def test_lexnames_number_45_files_as_the_manual_does() -> None:
    lines = [line.split("\t") for line in lexnames().splitlines()]
    assert [int(number) for number, _, _ in lines] == list(range(45))
    # Some rows of lexnames(5WN), with the numbers of wninput(5WN) for the parts of speech.
    assert lines[0] == ["00", "adj.all", "3"]
    assert lines[2] == ["02", "adv.all", "4"]
    assert lines[5] == ["05", "noun.animal", "1"]
    assert lines[20] == ["20", "noun.plant", "1"]
    assert lines[28] == ["28", "noun.time", "1"]
    assert lines[29] == ["29", "verb.body", "2"]
    assert lines[43] == ["43", "verb.weather", "2"]
    assert lines[44] == ["44", "adj.ppl", "3"]


def test_nltks_downloader_comes_first(
    tmp_path: Path, write_corpus: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = write_corpus(tmp_path / "files" / "wordnet")

    def download(directory: Path) -> Path:
        archive = shutil.make_archive(str(tmp_path / "wordnet"), "zip", files.parent, "wordnet")
        return Path(archive)

    monkeypatch.setattr(wordnet_fetch, "download_archive", download)
    monkeypatch.setattr(wordnet_fetch, "_from_debian", None)
    lines: list[str] = []
    wordnet = fetch_wordnet(tmp_path / "data", lines.append)
    assert wordnet.find("n01440764") is not None
    assert lines == ["trying NLTK's downloader", f"WordNet 3.0 is in {wordnet.location}"]


def test_debian_steps_in_and_lexnames_is_added(debian: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    wordnet = fetch_wordnet(tmp_path / "data", lines.append)
    assert wordnet.find("n01440764") is not None
    assert "  not available: no route to host" in lines
    corpus = tmp_path / "data" / "corpora" / "wordnet"
    assert (corpus / "lexnames").read_text() == lexnames()
    assert [path.name for path in corpus.parent.iterdir()] == ["wordnet"]
    assert "update" not in (debian / "log").read_text()


@pytest.mark.parametrize("content", [b"<html>log in</html>", b"PK\x03\x04cut", b""])
def test_debian_steps_in_where_the_download_is_not_a_zip_file(
    debian: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    (tmp_path / "wordnet.zip").write_bytes(content)
    monkeypatch.setattr(wordnet_fetch, "download_archive", lambda _: tmp_path / "wordnet.zip")
    lines: list[str] = []
    assert fetch_wordnet(tmp_path / "data", lines.append).find("n01440764") is not None
    assert lines[1].startswith("  not available: NLTK's server did not give a zip file (")


def test_empty_package_lists_are_replaced_by_own_ones(debian: Path, tmp_path: Path) -> None:
    (debian / "lists").unlink()
    fetch_wordnet(tmp_path / "data", quiet)
    first, update, download = (debian / "log").read_text().splitlines()
    own = f"-oDir::State::lists={tmp_path / 'data'}"
    assert own not in first
    assert own in update
    assert own in download


def test_second_run_fetches_nothing(debian: Path, tmp_path: Path) -> None:
    fetch_wordnet(tmp_path / "data", quiet)
    (debian / "log").unlink()
    fetch_wordnet(tmp_path / "data", quiet)
    assert not (debian / "log").exists()


def test_result_is_readable_whatever_the_umask(debian: Path, tmp_path: Path) -> None:
    previous = os.umask(0o002)
    try:
        assert fetch_wordnet(tmp_path / "data", quiet).find("n01440764") is not None
    finally:
        os.umask(previous)
    modes = [path.stat().st_mode for path in [tmp_path / "data", *(tmp_path / "data").rglob("*")]]
    assert not any(mode & (stat.S_IWGRP | stat.S_IWOTH) for mode in modes)


def test_nothing_in_reach_lists_what_was_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError) as caught:
        fetch_wordnet(tmp_path / "data", quiet)
    message = str(caught.value)
    assert "NLTK's downloader: no route to host" in message
    assert "wordnet-sense-index: there is no `apt-get` here" in message
    assert f"copy DIR to this one, and set {WORDNET_ENV}" in message
    assert list((tmp_path / "data" / "corpora").iterdir()) == []


def test_failure_of_apt_is_quoted(debian: Path, tmp_path: Path) -> None:
    script = debian / "bin" / "apt-get"
    script.write_text("#!/bin/sh\necho 'E: no network' >&2\nexit 100\n")
    with pytest.raises(RuntimeError, match="`apt-get` failed: E: no network"):
        fetch_wordnet(tmp_path / "data", quiet)


def test_incomplete_package_is_refused(debian: Path, tmp_path: Path) -> None:
    (debian / "files" / "index.sense").unlink()
    with pytest.raises(RuntimeError, match=r"lacks WordNet's files index\.sense"):
        fetch_wordnet(tmp_path / "data", quiet)
    assert not (tmp_path / "data" / "corpora" / "wordnet").exists()


def test_something_else_under_that_name_is_left_alone(debian: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "data" / "corpora" / "wordnet"
    corpus.mkdir(parents=True)
    (corpus / "mine.txt").touch()
    with pytest.raises(FileExistsError, match=r"exists and cannot be used: .* Move it away"):
        fetch_wordnet(tmp_path / "data", quiet)
    assert (corpus / "mine.txt").exists()
