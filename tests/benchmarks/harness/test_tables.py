"""Cells as people read them, and the tables that a page holds."""

import pytest

from iclip.benchmarks.harness.rows import Quantity, Result, Row
from iclip.benchmarks.harness.tables import markdown, shown, tables_in


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, "-"),
        ("a | b", "a / b"),
        (Quantity.of(0.05678, "s"), "56.78 ms"),
        (Quantity.of(12.3456, "s"), "12.35 s"),
        (Quantity((1.0, 2.0, 3.0), "s"), "2 s ± 25 %"),
        (Quantity.of(0.5, "GiB"), "0.50 GiB"),
        (Quantity.of(2.345), "2.35"),
        (Quantity.of(12345.6), "12,346"),
        (Quantity.of(0.0), "0.00"),
        (Quantity.of(-1.23e-7), "-1.2e-07"),
        (Quantity.of(80.2, "%"), "80.2000 %"),
        (Quantity.of(1234.5, "images/s"), "1234 images/s"),
    ],
)
def test_a_cell_is_its_median_with_unit_and_spread(cell: object, text: str):
    assert shown(cell) == text  # type: ignore[arg-type]


def result() -> Result:
    made = Result(
        "tools/benchmark.py x 'two words' --peer", {"device": "cpu"}, {"": ("case",), "b": ("c",)}
    )
    made.rows.extend([Row({"case": "one"}), Row({"c": "two"}, "b")])
    return made


def test_the_tables_of_a_page_are_found_again_with_their_commands():
    page = "# Page\n\n" + markdown(result()) + "\n| another | table |\n|---|---|\n"
    first, second = tables_in(page)
    assert first == (["x", "two words", "--peer"], ["case"], [["one"]])
    assert second == (["x", "two words", "--peer"], ["c"], [["two"]])


@pytest.mark.parametrize("program", ["iclip benchmark", "python -m iclip benchmark"])
def test_a_source_names_the_command_as_it_was_called(program: str):
    page = f"Measured by `{program} x --peer`: a.\n\n| c |\n|---|\n| 1 |\n"
    assert next(tables_in(page)).arguments == ["x", "--peer"]


def test_a_source_may_be_wrapped_over_lines():
    page = "Measured by `python tools/benchmark.py x`: a;\nb.\n\n| c |\n|---|\n| 1 |\n"
    assert next(tables_in(page)).rows == [["1"]]


def test_a_source_without_a_table_is_an_error():
    with pytest.raises(ValueError, match=r"no table follows 'Measured by .* in line 1"):
        list(tables_in("Measured by `python tools/benchmark.py x`: a.\n\nWords.\n"))
