from pathlib import Path

import pytest

from iclip.own_data.yolo.lines import LabelFile, LabelLine, read_label_file


def read(tmp_path: Path, text: str | bytes, has_key_points: bool = False) -> LabelFile:
    file = tmp_path / "a.txt"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_label_file(str(file), has_key_points)


def test_boxes_and_polygons(tmp_path: Path) -> None:
    found = read(tmp_path, "0 .5 .5 .2 .1\r\n\n1 0 0 1 0 1 1\n2.0 0.5 0.5 1e-1 0.2")
    assert found.objects == (
        LabelLine(1, 0, (0.5, 0.5, 0.2, 0.1)),
        LabelLine(3, 1, (0, 0, 1, 0, 1, 1)),
        LabelLine(4, 2, (0.5, 0.5, 0.1, 0.2)),
    )
    assert [line.is_polygon for line in found.objects] == [False, True, False]
    assert (found.malformed, found.repeated) == ((), ())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings_of_windows(encoding: str, tmp_path: Path) -> None:
    found = read(tmp_path, "0 .5 .5 .2 .1\r\n".encode(encoding))
    assert found.objects == (LabelLine(1, 0, (0.5, 0.5, 0.2, 0.1)),)


@pytest.mark.parametrize(
    "line",
    [
        "cat .5 .5 .2 .1",
        "0 .5 .5 .2",
        # A score after the box, as predictions have it.
        "0 .5 .5 .2 .1 .9",
        "0 0 0 1 0 1 1 0",
        "-1 .5 .5 .2 .1",
        "0.5 .5 .5 .2 .1",
        "0 nan .5 .2 .1",
        "0 inf .5 .2 .1",
        "nan .5 .5 .2 .1",
        "0,.5,.5,.2,.1",
        "0",
    ],
)
def test_other_lines_are_malformed(line: str, tmp_path: Path) -> None:
    found = read(tmp_path, f"0 .5 .5 .2 .1\n{line}\n")
    assert len(found.objects) == 1
    assert found.malformed == ((2, line),)


def test_a_line_that_is_said_again_counts_once(tmp_path: Path) -> None:
    found = read(tmp_path, "0 .5 .5 .2 .1\n1 .5 .5 .2 .1\n0 0.50 .5 .2 .1\n")
    assert [line.label for line in found.objects] == [0, 1]
    assert found.repeated == (3,)


def test_key_points_are_passed_over_where_they_are_stated(tmp_path: Path) -> None:
    line = "0 .5 .5 .2 .1 " + ".1 .2 2 " * 17
    assert read(tmp_path, line).malformed
    (found,) = read(tmp_path, line, has_key_points=True).objects
    assert found.numbers == (0.5, 0.5, 0.2, 0.1)


def test_an_empty_file_has_no_object(tmp_path: Path) -> None:
    assert read(tmp_path, "") == LabelFile((), (), ())


def test_what_is_not_text_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"a.txt is not text"):
        read(tmp_path, b"\x80\x81")
