"""BENCHMARKS.md's tables are those that its commands write."""

import pytest

from iclip.benchmarks.harness.tables import PageTable, tables_in
from tests.support.measured_rows import options
from tests.support.source_imports import REPO

TABLES = list(tables_in((REPO / "BENCHMARKS.md").read_text(encoding="utf-8")))


def columns_are_the_commands(table: PageTable) -> bool:
    """Whether the command above a table still writes a table with these columns."""
    args = options(*table.arguments)
    return tuple(table.columns) in args.measurement.columns(args).values()


def test_there_are_tables_that_a_command_wrote() -> None:
    assert TABLES


@pytest.mark.parametrize("table", TABLES, ids=lambda table: " ".join(table.arguments))
def test_a_table_has_the_columns_of_the_command_above_it(table: PageTable) -> None:
    assert columns_are_the_commands(table)
    assert table.rows and all(len(row) == len(table.columns) for row in table.rows)


def test_another_column_is_noticed() -> None:
    columns = ["case", "iclip", "images/s, iclip", "growth, powers of pixels", "memory, iclip"]
    assert columns_are_the_commands(PageTable(["backbone"], columns, []))
    assert not columns_are_the_commands(PageTable(["backbone", "--no-memory"], columns, []))
    assert not columns_are_the_commands(PageTable(["backbone", "--peer"], columns, []))


def test_a_command_that_is_no_longer_there_is_noticed() -> None:
    with pytest.raises(SystemExit):
        columns_are_the_commands(PageTable(["attic"], ["case"], []))
