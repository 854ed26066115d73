"""Encodings that people's tools write."""

from pathlib import Path

import pytest

from iclip.files.text import decode_text, is_unicode, open_text, read_text

TEXT = 'name,größe\nfüchse,ein 12" Lineal\n狐,赤い\n'


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"], ids=lambda name: name
)
def test_text_is_the_same_in_every_marked_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "t.csv").write_bytes(TEXT.encode(encoding))
    assert read_text(tmp_path / "t.csv") == TEXT


@pytest.mark.parametrize("mark, encoding", [("fffe", "utf-16-le"), ("feff", "utf-16-be")])
def test_both_byte_orders_of_utf_16_are_read(tmp_path: Path, mark: str, encoding: str) -> None:
    (tmp_path / "t.csv").write_bytes(bytes.fromhex(mark) + TEXT.encode(encoding))
    assert read_text(tmp_path / "t.csv") == TEXT


def test_utf_16_without_a_mark_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(TEXT.encode("utf-16-le"))
    with pytest.raises(ValueError, match=r"t\.csv holds zero bytes: it is UTF-16 without"):
        read_text(tmp_path / "t.csv")


def test_a_code_page_is_refused_with_its_line_and_the_remedy(tmp_path: Path) -> None:
    # Far behind the buffer of one read, so that the place is not the decoder's.
    (tmp_path / "t.csv").write_bytes(b"a,b\n" * 50_000 + "füchse\n".encode("cp1252"))
    with pytest.raises(ValueError, match=r"line 50001 holds the byte 0xFC.*iconv -f CP1252"):
        read_text(tmp_path / "t.csv")


def test_a_mark_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"\xff\xfea")
    with pytest.raises(ValueError, match=r"starts with the mark of utf-16, but is not"):
        read_text(tmp_path / "t.csv")


def test_lines_are_split_as_csv_wants_them(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("a\r\nb".encode("utf-16"))
    with open_text(tmp_path / "t.csv", newline="") as file:
        assert list(file) == ["a\r\n", "b"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_bytes_are_decoded_by_their_mark(encoding: str) -> None:
    assert decode_text("grüße 日本".encode(encoding)) == "grüße 日本"


def test_bytes_of_another_encoding_are_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        decode_text("grüße".encode("cp1252"))


@pytest.mark.parametrize(("text", "can"), [("日本\t\x1b", True), ("a\ud800", False), ("", True)])
def test_text_that_can_be_written_is_told(text: str, can: bool) -> None:
    assert is_unicode(text) is can
