"""How sentences are written: the rules of CONTRIBUTING, "Words", that a program can check."""

import ast
import functools
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.source_imports import REPO, python_files

SOURCES = python_files("iclip", "tools", "configs", "downstream", "docs", "notebooks")
PAGES = sorted([*REPO.glob("*.md"), *(REPO / "docs").rglob("*.md")])

# What reads badly, and what to write.
PHRASES = {
    r"(?<!there )\b(is|are|was|were) (no|none)\b(?! (longer|more|such|better|worse)\b)": (
        "'is not a' or 'has no'"
    ),
    r"\b(bytes|captions|detections|figures|images|samples|seconds|tensors|tokens|\d+) an? "
    r"(class|entry|epoch|file|image|iteration|process|rank|run|sample|second|step)\b": "'per'",
    r"\bphotos?\b": "image",
    r"\bpictures?\b": "image, or name the module in DRAWN",
    r"\b(hang|hangs|hung) on\b": "depend on",
}

# What users type, the templates of prompts, and photographs that are called so in a table.
ALLOWED = re.compile(
    r"a photo\b|real photos|photos?[/.]|--(folder|out) photos"
    r"|benchmark.py zeroshot photos"
    r"|\| (\d+ )?photos, \d*|64 photos of|with as many texts as photos",
    re.IGNORECASE,
)
# Where the hub draws for people. The toy's captions are data.
DRAWN = (
    *("iclip/commands/finetune.py", "iclip/commands/predicted_folder.py"),
    *("iclip/commands/segment.py", "iclip/dense/word_picture.py"),
    *("iclip/commands/predict.py", "iclip/commands/report.py", "iclip/commands/retrieval.py"),
    *("iclip/benchmarks/toy/new_class_pictures.py", "iclip/commands/compare_classifiers.py"),
    *("iclip/commands/run_transfers.py", "iclip/openmmlab/predict/", "iclip/openmmlab/video/"),
    "iclip/predict",
    *("iclip/engine/hooks/draw_validation", "iclip/engine/sample_views"),
    *("iclip/engine/validation_picture", "iclip/openmmlab/sample_views", "iclip/panels"),
    *("iclip/report/", "iclip/toy/captions.py", "iclip/toy/preview.py", "iclip/zeroshot/retrieval"),
    *("iclip/commands/demo.py", "iclip/demo/", "docs/", "notebooks/"),
    *("BENCHMARKS.md", "CHANGELOG.md", "CONTRIBUTING.md", "README.md"),
)


class Text(NamedTuple):
    """A piece of prose.

    Attributes:
        place: File and line.
        words: What it says.
    """

    place: str
    words: str


def prose(path: Path) -> Iterator[Text]:
    """Docstrings, comments and messages of a source file, or the lines of a page."""
    source, name = path.read_text(encoding="utf-8"), path.relative_to(REPO).as_posix()
    if path.suffix == ".md":
        yield from (Text(f"{name}:{n}", line) for n, line in enumerate(source.splitlines(), 1))
        return
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield Text(f"{name}:{token.start[0]}", token.string)
    for node in ast.walk(ast.parse(source)):
        # A name or a pattern has no blank.
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield Text(f"{name}:{node.lineno}", " ".join(node.value.split()))


@functools.cache
def all_prose() -> list[Text]:
    """What all files say, read once for all rules."""
    return [text for path in [*SOURCES, *PAGES] for text in prose(path)]


@pytest.mark.parametrize("pattern", PHRASES)
def test_sentences_are_plain(pattern: str) -> None:
    found = []
    for text in all_prose():
        words = ALLOWED.sub("", text.words)
        drawn = "picture" in pattern and text.place.startswith(DRAWN)
        # CONTRIBUTING's table of words names what not to write.
        if not drawn and not text.words.startswith(("|", "Sentences:", '"is no')):
            matches = re.finditer(pattern, words, re.IGNORECASE)
            found += [
                f"{text.place}: {words[max(0, m.start() - 30) : m.end() + 30]}" for m in matches
            ]
    assert not found, f"write {PHRASES[pattern]}:\n" + "\n".join(found)


def last_words(node: ast.expr) -> str:
    """The text with which a message ends, empty if it ends with a value."""
    if isinstance(node, ast.JoinedStr):
        return last_words(node.values[-1]) if node.values else ""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_error_messages_end_without_a_full_stop() -> None:
    found = [
        f"{path.relative_to(REPO)}:{node.lineno}: ...{last_words(node.exc.args[-1])[-30:]!r}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args
        if re.search(r"[^.]\.\s*$", last_words(node.exc.args[-1]))
    ]
    assert not found
