import os
from pathlib import Path

import pytest

from iclip.own_data.voc.annotation import VocAnnotation, VocObject, read_annotation
from tests.support.own_data_files import voc_xml


def read(tmp_path: Path, text: str | bytes) -> VocAnnotation:
    file = tmp_path / "a.xml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_annotation(str(file))


def test_objects_size_and_name(tmp_path: Path) -> None:
    found = read(
        tmp_path, voc_xml("a.jpg", [("cat", (1, 2, 30, 40)), (" traffic light ", (1, 1, 2, 2.5))])
    )
    assert found == VocAnnotation(
        "a.jpg",
        (64, 48),
        (
            VocObject("cat", (1, 2, 30, 40), False),
            VocObject("traffic light", (1, 1, 2, 2.5), False),
        ),
        0,
    )


def test_difficult_objects_are_marked(tmp_path: Path) -> None:
    text = voc_xml("a.jpg", [("cat", (1, 2, 30, 40))]).replace("<difficult>0", "<difficult> 1")
    assert read(tmp_path, text).objects[0].difficult
    assert not read(tmp_path, text.replace("<difficult> 1</difficult>", "")).objects[0].difficult


@pytest.mark.parametrize(
    "size",
    ["", "<size/>", "<size><width>0</width><height>0</height></size>",
     "<size><width>x</width><height>1</height></size>",
     "<size><width>1e999</width><height>1</height></size>"],
)  # fmt: skip
def test_a_size_need_not_be_stated(size: str, tmp_path: Path) -> None:
    assert read(tmp_path, f"<annotation>{size}</annotation>").size is None


@pytest.mark.parametrize(
    "object",
    ["<name>cat</name>", "<name>cat</name><bndbox><xmin>1</xmin></bndbox>",
     "<name> </name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox>",
     "<name>cat</name><polygon><x1>1</x1></polygon>",
     "<name>a</name><bndbox><xmin>l</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox>"],
)  # fmt: skip
def test_an_object_without_a_box_or_a_name_is_counted(object: str, tmp_path: Path) -> None:
    found = read(tmp_path, f"<annotation><object>{object}</object></annotation>")
    assert (found.objects, found.malformed) == ((), 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "cp1252"])
def test_an_encoding_may_be_declared(encoding: str, tmp_path: Path) -> None:
    declared = encoding.removesuffix("-sig").replace("cp", "windows-")
    text = f'<?xml version="1.0" encoding="{declared}"?>' + voc_xml(
        "ä.jpg", [("Tür", (1, 1, 2, 2))]
    )
    found = read(tmp_path, text.encode(encoding))
    assert (found.filename, found.objects[0].name) == ("ä.jpg", "Tür")


BOMB = "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {name} '{f'&{before};' * 10}'>"
    for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB + "]><annotation><filename>&j;</filename></annotation>", "declares a document type"),
        ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><annotation/>", "declares a document type"),
        ("<annotations/>", "it starts with <annotations>"),
        ("<annotation>", "no element found"),
        ("", "no element found"),
        (b"\xff\xd8\xff\xe0", "not well-formed"),
        ("<?xml version='1.0' encoding='nobody-knows'?><annotation/>", "encoding"),
        ("<annotation>&x;</annotation>", "undefined entity"),
        ("<annotation>" + " " * (16 * 2**20), "more than 16,777,216 bytes"),
    ],
    ids=["bomb", "external", "CVAT's own", "cut", "empty", "image", "encoding", "entity", "large"],
)
def test_another_file_is_an_error(text: str | bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"a.xml .*{message}"):
        read(tmp_path, text)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.xml")
    with pytest.raises(OSError, match="pipe"):
        read_annotation(str(tmp_path / "a.xml"))
