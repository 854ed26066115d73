"""Classes as a user names them, in words and in files, and what is refused."""

from pathlib import Path

import pytest
import torch

from iclip import free_memory
from iclip.text.class_texts import ClassText, ClassTexts
from iclip.words.class_embeddings import ClassEmbeddings, embed_classes, write_class_embeddings
from iclip.words.vocabulary import embed_vocabulary, read_vocabulary
from iclip.zeroshot.loading import load_zero_shot_model
from tests.support.text_classes import random_embeddings

FOX_AND_BUS = ClassTexts(ClassText(name, (name,)) for name in ("red fox", "school bus"))


@pytest.mark.parametrize(
    "text", ["red fox, school bus", " red  fox ,school bus", "red\tfox,school bus"]
)
def test_words_between_commas(text: str):
    assert read_vocabulary(text) == FOX_AND_BUS


LISTS = {
    "lines": b"red fox\nschool bus\n",
    "Windows": b"\xef\xbb\xbfred fox\r\nschool bus\r\n",
    "UTF-16": "red fox\r\nschool bus".encode("utf-16"),
    "blank lines": b"\nred  fox \n\n\nschool bus",
    "one line": b"red fox, school bus\n",
}


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("name", ["words.txt", "my words", "WORDS.TXT"])
def test_list_of_names_in_a_file(kind: str, name: str, tmp_path: Path):
    (tmp_path / name).write_bytes(LISTS[kind])
    assert read_vocabulary(str(tmp_path / name)) == FOX_AND_BUS


def test_name_in_a_list_of_lines_may_hold_a_comma(tmp_path: Path):
    (tmp_path / "words.txt").write_text("crane, the bird\ncrane, the machine\n")
    found = read_vocabulary(str(tmp_path / "words.txt"))
    assert isinstance(found, ClassTexts) and found.ids == ("crane, the bird", "crane, the machine")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('fox, "crane, the bird"', ("fox", "crane, the bird")),
        ('5" disc, fox', ('5" disc', "fox")),
        ('fox, "crane', ("fox", '"crane')),
        ("日本の城, 🦊", ("日本の城", "🦊")),
    ],
)
def test_quotes_enclose_a_name_with_a_comma(text: str, names: tuple[str, ...]):
    found = read_vocabulary(text)
    assert isinstance(found, ClassTexts) and found.ids == names


def test_class_text_table_whatever_its_name(table: Path):
    copy = table.rename(table.with_name("table"))
    found = read_vocabulary(str(copy))
    assert isinstance(found, ClassTexts)
    assert found[0] == ClassText("n1", ("crane",), "large wading bird")


def test_class_embeddings_whatever_their_name(tmp_path: Path):
    written = random_embeddings(["a", "b"], dims=4)
    write_class_embeddings(tmp_path / "words", written)
    found = read_vocabulary(str(tmp_path / "words"))
    assert isinstance(found, ClassEmbeddings)
    assert found.names == ("a", "b") and found.embeds.equal(written.embeds)


REFUSED = {
    "": r"^--classes '' names no class\. It takes words between commas",
    " , ": "names no class",
    "fox,,bus": "1 word of 3 is empty, number 2; leave out the comma too many",
    "fox, bus,": "1 word of 3 is empty, number 3",
    "Fox, bus, fox": "1 word more than once: fox. Each class is named once",
    "fox, \udcff": r"not text in UTF-8: '\\udcff'",
}


@pytest.mark.parametrize("text", REFUSED)
def test_words_that_name_no_classes_are_refused(text: str):
    with pytest.raises(ValueError, match=REFUSED[text]):
        read_vocabulary(text)


@pytest.mark.parametrize("name", ["my.jsonl", "my.TXT", "a/b/words.safetensors"])
def test_file_that_does_not_exist_is_not_a_word(name: str):
    with pytest.raises(FileNotFoundError, match="there is no such file"):
        read_vocabulary(name)


FILES = {
    "empty": (b"", "names no class"),
    "table of another form": (b"id,name,description\n1,fox,\n", "build_class_texts.py --csv FILE"),
    "JSON list": (b'["fox",\n"bus"]\n', r"begins with '\[\"fox\",': a table of another form"),
    "twice": (b"fox\nbus\nFOX\n", "1 word more than once: fox"),
    "no text": (b"PK\x03\x04\x00\x00\x01", "holds zero bytes"),
    "code page": (b"F\xfcchsin\n", "is not UTF-8"),
}


@pytest.mark.parametrize("kind", FILES)
def test_file_of_another_form_is_refused(kind: str, tmp_path: Path):
    content, message = FILES[kind]
    (tmp_path / "words.txt").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_vocabulary(str(tmp_path / "words.txt"))


@pytest.mark.parametrize("kind", ["names", "embeddings"])
def test_file_larger_than_the_memory_is_refused_before_it_is_read(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = tmp_path / "words"
    if kind == "names":
        file.write_text("fox\nbus\n" * 100)
    else:
        write_class_embeddings(file, random_embeddings(["a"], dims=4))
    monkeypatch.setattr(free_memory, "free_memory", lambda: 100)
    with pytest.raises(ValueError, match=r"^--classes .*words takes about .* are free: divide it"):
        read_vocabulary(str(file))


def test_words_are_described_as_the_labels_that_the_text_tower_has_read(labelled_micro: Path):
    model = load_zero_shot_model(str(labelled_micro))
    found = embed_vocabulary(model, read_vocabulary("Red  Fox, bus"))
    described = ClassTexts(
        [ClassText("Red Fox", ("Red Fox",), "a reddish brown fox"), ClassText("bus", ("bus",))]
    )
    assert found.texts == described
    assert torch.equal(found.embeds, embed_classes(model, described).embeds)
    names = embed_vocabulary(model, read_vocabulary("Red  Fox, bus"), variant="name")
    assert names.texts == read_vocabulary("Red  Fox, bus")
    # A table that describes something is taken as it is.
    own = ClassTexts([ClassText("a", ("red fox",)), ClassText("b", ("bus",), "a large car")])
    assert embed_vocabulary(model, own).texts == own


def test_labels_of_another_form_describe_nothing(micro: Path, tmp_path: Path):
    checkpoint = torch.load(micro, weights_only=True)
    checkpoint["meta"]["class_texts"] = [{"id": "n1", "names": 3}]
    torch.save(checkpoint, tmp_path / "odd.pth")
    model = load_zero_shot_model(str(tmp_path / "odd.pth"))
    assert embed_vocabulary(model, read_vocabulary("fox")).texts[0].description == ""
