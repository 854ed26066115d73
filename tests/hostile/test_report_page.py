"""Names, captions and paths stay text in the report, whatever they hold."""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from iclip.report.page import build_report
from iclip.report.page_elements import Cell, Document, Picture, Plot, Section, Table
from iclip.report.plots import bar_plot, class_bars, line_plot, matrix_plot
from iclip.report.render import to_html, to_markdown
from tests.hostile.hostile_texts import FRAGMENTS, texts
from tests.support.class_files import write_classes
from tests.support.run_folder import pretraining, write_run

URI = "data:image/jpeg;base64,AAAA"


class Structure(HTMLParser):
    """The elements of a page with their attributes, and its words.

    Where a line may break within a name (``<wbr>``, with no attribute) is not one of them.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.attributes: list[tuple[str, str]] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if (tag, attributes) == ("wbr", []):
            return
        self.tags.append((tag, tuple(name for name, _ in attributes)))
        self.attributes += [(name, content or "") for name, content in attributes]

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}", ()))

    def handle_comment(self, data: str) -> None:
        self.tags.append(("comment", ()))

    def handle_decl(self, decl: str) -> None:
        self.tags.append((decl, ()))

    def handle_data(self, data: str) -> None:
        self.words += data


def document(words: Iterator[str]) -> Document:
    """A page with a text of its own in each place that takes one."""

    def word() -> str:
        return next(words)

    table = Table(
        word(), [word(), word()], [[Cell(word(), "good"), word()]], word(), [(word(), 2)], word()
    )
    section = Section(
        "overview", word(), [word()], [table], [Plot(word(), "<svg></svg>", word())],
        [Picture(word(), URI, word())],
    )  # fmt: skip
    return Document(word(), [word(), word()], [section])


def numbered(given_texts: Sequence[str]) -> Iterator[str]:
    """The texts in turn, each with a letter, since a part without a text is left out."""
    return (f"x{given_texts[place % len(given_texts)]}" for place in range(100))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(texts, min_size=1, max_size=16))
def test_no_element_and_no_attribute_of_the_page_comes_from_a_name(names: list[str]):
    page = Structure(to_html(document(numbered(names))))
    assert page.tags == Structure(to_html(document(numbered(["x"])))).tags
    links = {content for name, content in page.attributes if name in ("href", "src")}
    assert links == {"data:,", "#overview", URI}


@settings(max_examples=20, deadline=None, derandomize=True)
@given(texts)
def test_name_is_read_back_as_it_was(name: str):
    # HTML has no zero byte, and one kind of line end.
    name = name.replace("\0", "").replace("\r", "")
    shown = Structure(to_html(document(numbered([name])))).words
    assert f"x{name}" in shown


@settings(max_examples=30, deadline=None, derandomize=True)
@given(texts)
def test_markdown_holds_no_element_no_link_and_no_block_of_code(name: str):
    plain = to_markdown(document(numbered(["x"])))
    text = to_markdown(document(numbered([name])))
    # One line per line of the page, so that no name begins one of its own.
    assert len(text.splitlines()) == len(plain.splitlines())
    unescaped = text.replace("\\\\", "").replace("\\<", "").replace("\\[", "").replace("\\`", "")
    assert not {"<", "[", "`"} & set(unescaped)


PLOTS: dict[str, Callable[[list[str]], str]] = {
    "lines": lambda names: line_plot({n: [(0, 1), (1, 2)] for n in names}, names[0], names[1]),
    "bars": lambda names: bar_plot(names, {n: [1.0] * len(names) for n in names[:2]}, names[0]),
    "classes": lambda names: class_bars(
        names, {n: [1.0] * len(names) for n in names[:2]}, names[0]
    ),
    "matrix": lambda names: matrix_plot(names, names, [[50.0] * len(names)] * len(names)),
}


def elements(svg: str) -> set[str]:
    """The kinds of a plot's elements.

    Raises:
        ParseError: It is not XML.
    """
    return {element.tag for element in ET.fromstring(svg).iter()}


@pytest.mark.parametrize("kind", PLOTS)
def test_names_stay_text_in_plots(kind: str):
    for start in range(0, len(FRAGMENTS), 16):
        names = [f"x{place}{name}" for place, name in enumerate(FRAGMENTS[start : start + 16])]
        plain = [f"x{place}" for place in range(len(names))]
        assert elements(PLOTS[kind](names)) == elements(PLOTS[kind](plain))


def test_hostile_run_changes_nothing_of_the_page_but_its_words(tmp_path: Path):
    """From a run's folder to the page, with the names in every file that a run leaves."""
    pages = []
    for name in ("plain", "<script>alert(1)<'\" onload=x>"):
        folder = tmp_path / str(len(pages))
        write_hostile_run(folder, name)
        pages.append(Structure(to_html(build_report([folder]))))
    plain, hostile = pages
    assert set(hostile.tags) <= set(plain.tags)
    for tag in ("a", "img", "script", "style", "td", "th", "section", "figure", "details", "svg"):
        assert count(hostile, tag) == count(plain, tag)


def count(page: Structure, tag: str) -> int:
    return sum(name == tag for name, _ in page.tags)


def write_hostile_run(folder: Path, name: str) -> None:
    run: dict[str, Any] = {f"{name}/top1": 50.0, "seen/top1": 40.0}
    write_run(folder / name, pretraining(data="toy/") + f"note = {name!r}\n", run)
    pictures = folder / name / "pictures"
    pictures.mkdir()
    Image.new("RGB", (8, 8)).save(pictures / f"{name}.jpg".replace("/", ""))
    write_classes(folder / f"{name} classes", {name: 10.0, f"{name} b": 20.0})
