"""A WordNet of three synsets at their true offsets, in the files that NLTK reads."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import nltk.data
import pytest

from iclip.text.sources.wordnet import WORDNET_ENV
from iclip.text.sources.wordnet_fetch import lexnames

PARTS_OF_SPEECH = ("noun", "verb", "adj", "adv")
NOUNS = {
    1440764: "05 n 02 tench 0 Tinca_tinca 0 000 | freshwater dace-like game fish of Europe",
    2012849: '05 n 01 crane 5 000 | large wading bird; "a crane stood there"; of marshes',
    2402425: '05 n 01 cattle 0 000 | domesticated animals; "so many head"; "thy wise" - Bible',
    3126707: "06 n 01 crane 4 000 | lifts and moves heavy objects; of steel",
}


def index(nouns: dict[int, str]) -> str:
    """Lines of index.noun: lemma, part of speech, numbers of senses and pointers, offsets."""
    offsets = defaultdict(list)
    for offset, line in nouns.items():
        for lemma in line.split()[3 : 3 + 2 * int(line.split()[2], 16) : 2]:
            offsets[lemma.lower()].append(f"{offset:08d}")
    return "".join(
        f"{lemma} n {len(all)} 0 {len(all)} 0 {' '.join(all)}\n" for lemma, all in offsets.items()
    )


@pytest.fixture
def write_corpus(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Write the corpus files into a new folder, with these nouns in it."""
    # Reading the folder registers it there; the next test shall not find it.
    monkeypatch.setattr(nltk.data, "path", [*nltk.data.path])

    def write(folder: Path, nouns: dict[int, str] = NOUNS) -> Path:
        folder.mkdir(parents=True)
        for pos in PARTS_OF_SPEECH:
            for name in (f"data.{pos}", f"index.{pos}", f"{pos}.exc"):
                (folder / name).write_text("")
        for name in ("cntlist.rev", "index.sense"):
            (folder / name).write_text("")
        (folder / "data.adj").write_text("  1 WordNet 3.0 Copyright 2006\n")
        (folder / "index.noun").write_text(index(nouns))
        with (folder / "data.noun").open("wb") as file:
            for offset, line in nouns.items():
                file.seek(offset)  # A sparse file: only the lines themselves take space.
                file.write(f"{offset:08d} {line}  \n".encode())
        return folder

    return write


@pytest.fixture
def small_wordnet(
    tmp_path: Path, write_corpus: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Folder with the small WordNet, which ICLIP_WORDNET points at."""
    folder = tmp_path / "small_wordnet"
    corpus = write_corpus(folder / "corpora" / "wordnet")
    (corpus / "lexnames").write_text(lexnames())
    monkeypatch.setenv(WORDNET_ENV, str(folder))
    return folder
