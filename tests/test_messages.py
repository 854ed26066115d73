"""How messages count and list things."""

import os

import pytest

from iclip.messages import (
    counted,
    listed_lines,
    listing,
    printable,
    printable_lines,
    shortened,
)


@pytest.mark.parametrize(
    ("limit", "said"), [(3, "a, b, c"), (2, "a, b and 1 more"), (1, "a and 2 more")]
)
def test_listing_counts_what_it_does_not_name(limit: int, said: str) -> None:
    assert listing(["a", "b", "c"], limit) == said


@pytest.mark.parametrize(
    ("limit", "lines"), [(2, ["  a", "  b"]), (1, ["  a", "  and 1 more"]), (3, ["  a", "  b"])]
)
def test_lines_count_what_they_do_not_name(limit: int, lines: list[str]) -> None:
    assert listed_lines(["a", "b"], limit, indent=2) == lines


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 classes"), (1, "1 class"), (2731, "2,731 classes")]
)
def test_things_are_counted_in_their_number(number: int, said: str) -> None:
    assert counted(number, "class", "classes") == said


def test_plural_is_regular_unless_it_is_said() -> None:
    assert counted(2, "image") == "2 images"


@pytest.mark.parametrize(
    ("name", "said"), [(b"a.jpg", "a.jpg"), ("日本".encode(), "日本"), (b"\xe9", r"\udce9")]
)
def test_names_of_files_are_printable_whatever_their_bytes(name: bytes, said: str) -> None:
    assert printable(os.fsdecode(name)) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("\x1b[31mred\x1b[0m.jpg", r"\x1b[31mred\x1b[0m.jpg"),
        ("a\r\nERROR b", r"a\r\nERROR b"),
        ("a\u202egpj.exe", r"a\u202egpj.exe"),
        ("\x9b2J", r"\x9b2J"),
        ("a\u2028b", r"a\u2028b"),
        ("naïve 日本\u3000語\xa0é.jpg", "naïve 日本\u3000語\xa0é.jpg"),
    ],
)
def test_names_command_no_terminal(name: str, said: str) -> None:
    assert printable(name) == said


def test_lines_of_a_message_stay() -> None:
    assert printable_lines("a\n\tb\x07\n") == "a\n\tb\\x07\n"


def test_long_text_is_shortened():
    assert shortened("fox") == "fox"
    assert shortened("very " * 30, 12) == "very very ve..."
