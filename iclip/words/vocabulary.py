"""What a user calls classes: words between commas, a table, a list of names, or embeddings."""

import csv
import os
import re
from collections.abc import Sequence
from pathlib import Path

from mmengine.logging import print_log

from iclip.files.storage import is_remote
from iclip.files.text import is_unicode, open_text
from iclip.free_memory import check_memory
from iclip.messages import counted, listing, shortened
from iclip.text.class_texts import ClassText, ClassTexts, duplicates, read_class_texts
from iclip.text.known_descriptions import with_known_descriptions
from iclip.words.class_embeddings import (
    ClassEmbeddings,
    embed_classes,
    in_one_space,
    probe_of,
    read_class_embeddings,
)
from iclip.zeroshot.embedding_model import ImageTextEmbedder

FORMS = (
    'words between commas ("red fox, school bus"), a class-text table (.jsonl), a text file with a '
    "name per line, or a file that iclip words wrote (.safetensors)"
)
# Suffixes by which a name is that of a file, whether it exists or not.
_SUFFIXES = (".jsonl", ".safetensors", ".txt", ".csv", ".json")
# Python's objects take so many times the bytes of a table, and a tensor that is read twice its own.
_OBJECTS, _TENSORS = 6, 2
# The first line of a table that tools/build_class_texts.py --csv takes, and that of a JSON list.
_TABLE = re.compile(r'"?id"?\s*[,;\t].*name|\[', re.IGNORECASE)


def read_vocabulary(
    text: str | Sequence[str], option: str = "--classes"
) -> ClassTexts | ClassEmbeddings:
    """Read what a user calls classes; what a file is, its content says.

    Args:
        text: One of the forms of :data:`FORMS`, or a list of names.
        option: Where it was given, for messages.

    Raises:
        FileNotFoundError: It has the name of a file that does not exist.
        ValueError: Words are empty or come twice, a file is of none of the forms, or is larger than
            the memory.
    """
    if not isinstance(text, str):
        return _of_words(text, option)
    if is_remote(text):
        return read_class_texts(text)
    if os.path.isfile(text):
        return _read_file(Path(text), option)
    if text.casefold().endswith(_SUFFIXES) and "," not in text:
        raise FileNotFoundError(f"{option} {text}: there is no such file. It takes {FORMS}")
    return _of_words(_between_commas(text), f"{option} {shortened(text)!r}")


def embed_vocabulary(
    model: ImageTextEmbedder,
    vocabulary: ClassTexts | ClassEmbeddings,
    templates: str | Sequence[str] = "simple",
    variant: str = "name_description",
) -> ClassEmbeddings:
    """Embed a vocabulary; one that is embedded already stays as it is.

    Words without any description get those that the model's pre-training has read of labels with
    their names, if its file states them; the log says of which.

    Args:
        model: Its text tower embeds.
        vocabulary: What :func:`read_vocabulary` returns.
        templates: See :func:`~iclip.words.class_embeddings.embed_classes`.
        variant: See :func:`~iclip.words.class_embeddings.embed_classes`.

    Raises:
        ValueError: Texts cannot be embedded, or embeddings are of another joint space.
    """
    if isinstance(vocabulary, ClassTexts):
        if variant != "name" and not any(text.description for text in vocabulary):
            vocabulary = _with_descriptions(vocabulary, model)
        return embed_classes(model, vocabulary, templates, variant)
    if not in_one_space(probe_of(model), vocabulary.probe):
        raise ValueError(
            f"the {len(vocabulary):,} classes embedded by {vocabulary.text_tower or 'a file'} are "
            f"of another joint space than {model.name}, in which the same sentence lies elsewhere: "
            "embed them with this model's text tower"
        )
    return vocabulary


def _with_descriptions(words: ClassTexts, model: ImageTextEmbedder) -> ClassTexts:
    """Describe words as the labels of the pre-training are, and log which of them are."""
    texts = with_known_descriptions(words, model.origin.class_texts)
    known = [text.names[0] for text in texts if text.description]
    if known:
        told = f"{len(known):,} of {counted(len(texts), 'word')}, {listing(known, 5)}"
        print_log(
            f"Described as the labels of {Path(model.name).name}'s pre-training: {told}",
            logger="current",
        )
    return texts


def _read_file(path: Path, option: str) -> ClassTexts | ClassEmbeddings:
    """Read a file by what it begins with."""
    place, remedy = f"{option} {path}", "divide it, and give one part at a time"
    with open(path, "rb") as file:
        start = file.read(9)
    size = path.stat().st_size
    # safetensors: the length of a header of JSON, eight bytes, of which the last are zeros.
    if start[5:8] == b"\0\0\0" and start[8:] == b"{":
        check_memory(_TENSORS * size, place, remedy)
        return read_class_embeddings(path)
    check_memory(_OBJECTS * size, place, remedy)
    with open_text(path) as lines:
        first = next((line.strip() for line in lines if line.strip()), "")
    if first.startswith("{"):
        return read_class_texts(path)
    if _TABLE.match(first):
        raise ValueError(
            f"{place} begins with {first[:40]!r}: a table of another form. It takes {FORMS}; "
            "`python tools/build_class_texts.py --csv FILE` makes a class-text table from CSV"
        )
    with open_text(path) as lines:
        names = [line for line in lines if line.strip()]
    # A line with commas, alone, is what a user would type.
    return _of_words(_between_commas(names[0]) if len(names) == 1 else names, place)


def _between_commas(text: str) -> list[str]:
    """Divide a text at its commas, but for those between quotes that enclose a name."""
    line = " ".join(text.split())
    try:
        return next(csv.reader([line], skipinitialspace=True, strict=True), [])
    except csv.Error:  # a quote that encloses nothing
        return line.split(",")


def _of_words(given: Sequence[str], place: str) -> ClassTexts:
    """Make class texts of names, with one blank between their words.

    Raises:
        ValueError: There is no name, or one is empty, comes twice or is not text.
    """
    words = [" ".join(word.split()) for word in given]
    if not any(words):
        raise ValueError(f"{place} names no class. It takes {FORMS}")
    if "" in words:
        raise ValueError(
            f"{place}: {counted(words.count(''), 'word')} of {len(words)} is empty, number "
            f"{words.index('') + 1}; leave out the comma too many"
        )
    broken = [ascii(word) for word in words if not is_unicode(word)]
    if broken:
        raise ValueError(f"{place}: not text in UTF-8: {listing(broken, 5)}")
    twice = duplicates(word.casefold() for word in words)
    if twice:
        raise ValueError(
            f"{place}: {counted(len(twice), 'word')} more than once: {listing(twice, 5)}. Each "
            "class is named once; two of one name are told apart by descriptions, in a class-text "
            "table"
        )
    return ClassTexts(ClassText(word, (word,)) for word in words)
