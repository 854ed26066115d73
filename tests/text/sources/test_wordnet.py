import shutil
import sys
import zipfile
from collections.abc import Callable
from http.client import IncompleteRead
from pathlib import Path
from xml.etree.ElementTree import ParseError

import pytest

from iclip.text.class_texts import ClassText
from iclip.text.sources.wordnet import WORDNET_ENV, WordNet, default_directory, download_archive
from iclip.text.sources.wordnet_fetch import lexnames


def test_names_have_blanks_and_the_gloss_no_examples(small_wordnet: Path) -> None:
    wordnet = WordNet()
    assert wordnet.find("n01440764") == ClassText(
        "n01440764", ("tench", "Tinca tinca"), "freshwater dace-like game fish of Europe"
    )
    assert wordnet.find("n02012849") == ClassText(
        "n02012849", ("crane",), "large wading bird; of marshes"
    )
    assert wordnet.find("n02402425") == ClassText("n02402425", ("cattle",), "domesticated animals")


@pytest.mark.parametrize(
    "wnid", ["n00000001", "n01440765", "n99999999", "v01440764", "n1440764", "x01440764", "tench"]
)
def test_unknown_id_is_answered_with_none(small_wordnet: Path, wnid: str) -> None:
    assert WordNet().find(wnid) is None


@pytest.mark.parametrize(
    ("synset", "wnid"),
    [
        ("crane.n.01", "n02012849"), ("crane.n.02", "n03126707"), ("Tinca_tinca.n.01", "n01440764"),
        ("crane.n.03", None), ("fox.n.01", None), ("crane", None), ("None", None),
    ],
)  # fmt: skip
def test_synsets_by_name_have_ids(small_wordnet: Path, synset: str, wnid: str | None) -> None:
    assert WordNet().wnid(synset) == wnid


@pytest.mark.parametrize("name", ["crane", "Crane", "cranes", " tinca  Tinca "])
def test_noun_is_found_by_its_name(small_wordnet: Path, name: str) -> None:
    found = WordNet().find_name(name)
    assert found is not None
    expected = "n01440764" if "inca" in name else "n02012849"
    assert found == WordNet().find(expected)


def test_unknown_name_is_answered_with_none(small_wordnet: Path) -> None:
    assert WordNet().find_name("my own thing") is None


def test_directory_comes_before_the_environment(
    small_wordnet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WORDNET_ENV, "/nowhere")
    assert WordNet(small_wordnet).location == str(small_wordnet / "corpora" / "wordnet")


def test_archive_as_nltk_downloads_it_is_read(small_wordnet: Path) -> None:
    corpus = small_wordnet / "corpora" / "wordnet"
    with zipfile.ZipFile(corpus.with_suffix(".zip"), "w") as archive:
        archive.writestr("wordnet/", "")  # ZipFile.mkdir is new in Python 3.11
        for file in corpus.iterdir():
            archive.write(file, f"wordnet/{file.name}")
    shutil.rmtree(corpus)
    wordnet = WordNet()
    assert wordnet.location == str(corpus.with_suffix(".zip"))
    assert wordnet.find("n01440764") is not None


def test_missing_wordnet_names_place_and_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WORDNET_ENV, str(tmp_path))
    with pytest.raises(FileNotFoundError) as caught:
        WordNet()
    message = str(caught.value)
    assert f"no readable WordNet in {tmp_path} (expected: corpora/wordnet)" in message
    assert f"python tools/fetch_wordnet.py --dir {tmp_path}" in message


def test_wordnet_found_nowhere_names_all_places_and_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(WORDNET_ENV, raising=False)
    monkeypatch.setattr("nltk.data.path", [str(tmp_path / "one"), str(tmp_path / "two")])
    with pytest.raises(FileNotFoundError) as caught:
        WordNet()
    message = str(caught.value)
    assert f"NLTK searched: {tmp_path / 'one'}, {tmp_path / 'two'}." in message
    assert "`python tools/fetch_wordnet.py`" in message


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_refusal_of_shared_files_says_what_to_do(small_wordnet: Path) -> None:
    (small_wordnet / "corpora" / "wordnet").chmod(0o777)
    with pytest.raises(FileNotFoundError, match=r"writable by.*chmod go-w"):
        WordNet()


def test_damaged_wordnet_is_named(small_wordnet: Path) -> None:
    (small_wordnet / "corpora" / "wordnet" / "lexnames").write_text("nonsense\n")
    with pytest.raises(ValueError, match=r"wordnet cannot be read .* Move it away"):
        WordNet()


def test_other_version_is_refused(
    tmp_path: Path, write_corpus: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = write_corpus(
        tmp_path / "corpora" / "wordnet", nouns={1443243: "05 n 01 tench 0 000 | a fish"}
    )
    (corpus / "lexnames").write_text(lexnames())
    with pytest.raises(ValueError, match=r"is not version 3\.0: n01440764 is not the tench"):
        WordNet(tmp_path)


def test_default_directory_is_one_that_nltk_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    import nltk.data

    monkeypatch.delenv(WORDNET_ENV, raising=False)
    assert str(default_directory()) in nltk.data.path
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    assert str(default_directory()) in nltk.data.path


def test_default_directory_follows_the_environment(small_wordnet: Path) -> None:
    assert default_directory() == small_wordnet


@pytest.mark.parametrize(
    ("wnid", "names", "beginning"),
    [
        ("n01440764", ("tench", "Tinca tinca"), "freshwater dace-like game fish of Europe"),
        ("n02012849", ("crane",), "large long-necked wading bird of marshes and plains"),
        ("n03126707", ("crane",), "lifts and moves heavy objects; lifting tackle"),
        ("n00001740", ("entity",), "that which is perceived or known or inferred"),
    ],
)
def test_real_wordnet_has_the_names_and_descriptions(
    real_wordnet: WordNet, wnid: str, names: tuple[str, ...], beginning: str
) -> None:
    text = real_wordnet.find(wnid)
    assert text is not None
    assert text.names == names
    assert text.description.startswith(beginning)


def test_every_line_of_the_real_noun_file_is_found(real_wordnet: WordNet) -> None:
    data = Path(real_wordnet.location) / "data.noun"
    if not data.is_file():
        pytest.skip("WordNet is kept as an archive")
    lines = [line for line in data.read_text("ascii").splitlines() if not line.startswith("  ")]
    assert len(lines) == 82115  # wnstats(7WN) of version 3.0
    for line in lines[::97]:
        fields, gloss = line.split("|")
        words = fields.split()[4 : 4 + 2 * int(fields.split()[3], 16) : 2]
        text = real_wordnet.find(f"n{line[:8]}")
        assert text is not None
        assert set(text.names) == {word.replace("_", " ") for word in words}
        assert gloss.strip().startswith(text.description[:20])
        assert '"' not in text.description


@pytest.mark.parametrize(
    "error", [ValueError("no"), ParseError("a proxy's page"), IncompleteRead(b"")]
)
def test_server_without_a_usable_answer_counts_as_out_of_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("nltk.downloader.Downloader.download", fail)
    with pytest.raises(OSError, match="NLTK's server gave no usable answer"):
        download_archive(tmp_path)
