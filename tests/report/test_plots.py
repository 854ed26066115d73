"""Plots are elements of a page: its color, no size of their own, and letters that can be read."""

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from iclip.report.plots import bar_plot, class_bars, class_curves, line_plot, matrix_plot

PLOTS: dict[str, Callable[[], str]] = {
    "lines": lambda: line_plot({"a": [(1, 2.0), (2, 3.0)], "b": [(1, 5.0)]}, "x", "y (%)"),
    "bars": lambda: bar_plot(["g1", "g2"], {"a": [1.0, 2.0], "b": [3.0, 4.5]}, "y"),
    "class bars": lambda: class_bars(["sky", "fish"], {"a": [1.0, None]}, "IoU (%)"),
    "class curves": lambda: class_curves({"a": {"rare": [3.0, 1.0], "common": [2.0]}}, "AP"),
    "matrix": lambda: matrix_plot(["t1", "t2"], ["p1", "p2"], [[99.6, 0.4], [0.0, 51.2]]),
}


def texts(svg: str) -> list[str]:
    """What can be read on a plot."""
    return [
        element.text or "" for element in ElementTree.fromstring(svg).iter() if is_text(element)
    ]


def is_text(element: ElementTree.Element) -> bool:
    return element.tag.endswith("}text")


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_is_an_svg_element_without_size_of_its_own(name: str):
    root = ElementTree.fromstring(PLOTS[name]())
    assert root.tag.endswith("}svg")
    assert "viewBox" in root.attrib and not {"width", "height"} & {*root.attrib}


@pytest.mark.parametrize("name", PLOTS)
def test_what_is_drawn_black_takes_the_pages_color(name: str):
    svg = PLOTS[name]()
    assert "#000000" not in svg
    assert all("fill" in e.attrib for e in ElementTree.fromstring(svg).iter() if is_text(e))


@pytest.mark.parametrize("name", PLOTS)
def test_whatever_is_referred_to_is_there(name: str):
    svg = PLOTS[name]()
    ids = set(re.findall(r' id="([^"]+)"', svg))
    referred = set(re.findall(r"(?:url\(|href=\")#([\w-]+)", svg))
    # No id that several plots of a page would share.
    assert referred and referred == ids


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_drawn_twice_is_the_same_text(name: str):
    assert PLOTS[name]() == PLOTS[name]()


def test_bars_have_their_values():
    read = texts(PLOTS["bars"]())
    assert {"1.0", "2.0", "3.0", "4.5", "g1", "g2", "a", "b", "y"} <= set(read)


def test_a_class_without_a_value_has_no_number():
    read = texts(class_bars(["sky", "fish"], {"a": [41.5, None]}, "IoU (%)"))
    assert {"sky", "fish"} <= set(read)
    # The axis has whole numbers.
    assert [text for text in read if re.fullmatch(r"\d+\.\d", text)] == ["41.5"]


def test_cells_of_a_matrix_have_whole_percents_above_a_half():
    read = [text for text in texts(PLOTS["matrix"]()) if text.isdecimal()]
    assert read == ["100", "51"]


@pytest.mark.parametrize(("names", "legend"), [(["a"], False), (["a", "b"], True)])
def test_one_series_needs_no_legend(names: list[str], legend: bool):
    read = texts(line_plot({name: [(0, 1.0), (1, 2.0)] for name in names}, "x", "y"))
    assert [name in read for name in names] == [legend] * len(names)


def test_ticks_stand_in_place_of_numbers():
    read = texts(line_plot({"a": [(1, 1.0), (7, 2.0)]}, "x", "y", ticks={1: "one", 7: "all"}))
    assert {"one", "all"} <= set(read)


def test_a_dollar_sign_starts_no_formula_and_a_long_name_is_cut():
    long = "a name that somebody has made very long"
    read = texts(class_bars(["$1$", long], {"a": [1.0, 2.0]}, "y"))
    assert {"$1$", f"{long[:27]}…"} <= set(read)
