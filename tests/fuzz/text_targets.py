"""Captions, prompts, tokenizers and class-text tables."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from open_clip.tokenizer import SimpleTokenizer

from iclip.text.class_texts import ClassText, ClassTexts, read_class_texts, write_class_texts
from iclip.text.joined_prompts import JoinedPrompts
from iclip.text.prompts import VARIANTS, compose
from iclip.text.tokenizer import CLIPTokenizer
from tests.fuzz.mutations import mutated, mutated_json
from tests.fuzz.target import Target, read_or_refuse
from tests.hostile.hostile_texts import texts

CONTEXT = 20
words = st.one_of(texts, st.text(max_size=60))


@cache
def tokenizers() -> tuple[CLIPTokenizer, SimpleTokenizer]:
    """The hub's and open_clip's, which is the oracle."""
    return CLIPTokenizer(CONTEXT), SimpleTokenizer(context_length=CONTEXT)


def tokenize(captions: list[str], _: Path) -> None:
    ours, theirs = tokenizers()
    ids = ours(captions)
    assert ids.shape == (len(captions), CONTEXT)
    assert ids.tolist() == theirs(captions).tolist()


def join(parts: tuple[str, str, str, str, str], _: Path) -> None:
    """Ids that are put together are those of the whole prompt."""
    name, description, before, behind, variant = parts
    template = f"{before}{{}}{behind}"
    tokenizer = tokenizers()[0]
    class_texts = read_or_refuse(lambda: ClassTexts([ClassText("n", (name,), description)]))
    if class_texts is None:
        return
    prompts = JoinedPrompts(class_texts, [template], variant, tokenizer)
    rows = prompts.rows(np.array([0]), np.array([0]))
    whole = tokenizer([compose(class_texts[0], template, variant)])
    assert rows.padded(tokenizer.pad_id, CONTEXT).tolist() == whole.tolist()


def without_braces(text: str) -> str:
    return text.replace("{", "").replace("}", "")


def read_table(content: bytes, folder: Path) -> None:
    """A table that is read is read again as it was written."""
    path = folder / "table.jsonl"
    path.write_bytes(content)
    read = read_or_refuse(lambda: read_class_texts(path))
    if read is not None:
        write_class_texts(path, read)
        assert list(read_class_texts(path)) == list(read)


LINES: list[Any] = [
    {"id": "n1", "names": ["crane", "bird"], "description": "large wading bird"},
    {"id": "n2", "names": ["crane"], "description": ""},
    {"id": "ü", "names": ["日本"]},
]
TABLE = "".join(json.dumps(line) + "\n" for line in LINES).encode()
lines = st.lists(mutated_json(LINES), max_size=4).map(b"\n".join)

TEXT_TARGETS = (
    Target("captions", st.lists(words, min_size=1, max_size=3), tokenize),
    Target(
        "prompts",
        st.tuples(
            words.filter(str.strip), words, words.map(without_braces), words.map(without_braces),
            st.sampled_from(VARIANTS),
        ),  # fmt: skip
        join,
    ),
    Target(
        "class-texts",
        st.one_of(mutated([TABLE, TABLE.decode().encode("utf-16")]), lines, st.binary(max_size=60)),
        read_table,
    ),
)
