"""Measurements are on the disk at once, for programs and for people."""

import json

import pytest

from iclip.benchmarks.gpu.record import Record


def test_a_measurement_is_a_line_and_a_row(record: Record):
    record.add("part", "speed", 1234.5678, "images/s", "batch 2")
    assert record.read()[-1] == {
        "part": "part", "what": "speed", "value": 1234.5678, "unit": "images/s", "note": "batch 2",
    }  # fmt: skip
    table = record.table_file.read_text().splitlines()
    assert table[-1] == "| part | speed | 1235 images/s | batch 2 |"


def test_a_row_has_as_many_cells_as_the_head(record: Record):
    record.add("a|b", "c | d", "e|f", note="g | h")
    head, _, row = record.table_file.read_text().splitlines()[-3:]
    assert row.count("|") == head.count("|") == 5


def test_an_error_is_kept_by_its_first_line_and_the_next_block_runs(record: Record):
    with record.attempt("part", "first"):
        raise ValueError("too small\nby far")
    with record.attempt("part", "second"):
        record.add("part", "second", 1.0)
    first, second = record.read()[-2:]
    assert first == {"part": "part", "what": "first", "error": "ValueError: too small"}
    assert second["value"] == 1.0


def test_an_error_without_a_message_is_kept(record: Record):
    with record.attempt("part", "what"):
        raise RuntimeError
    assert record.read()[-1]["error"] == "RuntimeError: no message"


def test_an_interruption_is_not_an_error_of_a_measurement(record: Record):
    with pytest.raises(KeyboardInterrupt), record.attempt("part", "what"):
        raise KeyboardInterrupt
    assert len(record.read()) == 1


def test_a_line_that_was_cut_off_is_not_read(record: Record):
    record.begin("part")
    with open(record.lines_file, "a") as file:
        file.write(json.dumps({"begin": "cut"})[:-1])
    assert record.read()[1:] == [{"begin": "part"}]


def test_starting_begins_both_files_anew(record: Record):
    record.add("part", "speed", 1.0)
    record.start({"device": "cuda"})
    assert record.read() == [{"head": {"device": "cuda"}}]
    assert record.table_file.read_text().startswith("- device: cuda\n\n| part | what |")
    assert "speed" not in record.table_file.read_text()
