"""Which members of a tar are a pair; webdataset's own grouping is the oracle where it applies."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from iclip.data_summary import Omission
from iclip.datasets.readers.sample_members import (
    SampleMembers,
    SampleNames,
    image_members,
    member_kind,
    pair_members,
)
from iclip.datasets.readers.tar_members import Member, tar_members


def members(names: Iterable[str]) -> list[Member]:
    return [Member(name, 1024 * place, 9) for place, name in enumerate(names)]


def paired(names: Iterable[str], text: str = "txt", image: str | None = None) -> SampleMembers:
    return pair_members(members(names), SampleNames(text, image), "x.tar")


def names_of(found: SampleMembers) -> list[tuple[str, str]]:
    return [(image.name, text.name) for image, text in found.pairs]


def oracle(names: list[str]) -> list[tuple[str, str]]:
    """webdataset's rule in loops, for one image and one text per key."""
    groups: dict[str, dict[str, str]] = {}
    for name in names:
        folder, slash, base = name.rpartition("/")
        key = folder + slash + base[: base.index(".")]
        groups.setdefault(key, {})[base[base.index(".") + 1 :].lower()] = name
    return [(parts["jpg"], parts["txt"]) for parts in groups.values() if {"jpg", "txt"} <= {*parts}]


@pytest.mark.parametrize(
    "names",
    [
        ["0.jpg", "0.txt", "1.txt", "1.jpg", "2.jpg"],
        ["a/0.jpg", "b/0.txt", "a/0.txt", "b/0.jpg"],
        ["v1.2/0.jpg", "v1.2/0.txt", "./1.JPG", "./1.Txt"],
        ["0.jpg", "0.seg.png", "0.txt", "0.alt.txt", "0.json"],
    ],
)
def test_pairs_share_their_name_up_to_the_first_dot(names: list[str]) -> None:
    assert names_of(paired(names)) == oracle(names)


def test_keys_with_dots_pair_by_the_last_where_the_first_finds_nothing() -> None:
    names = [
        part
        for i in range(24)
        for key in [f"{i:09}" if i % 2 else f"img_v1.{i}_{i:09}"]
        for part in (f"{key}.jpg", f"{key}.txt")
    ]
    found = paired(names)
    assert names_of(found) == list(zip(names[::2], names[1::2], strict=True))
    assert (found.without_text, found.left_out) == ([], ())


def test_what_belongs_to_a_sample_by_its_first_dot_is_not_another_sample() -> None:
    found = paired(["v1.jpg", "v1.txt", "v1.3_07.jpg", "v1.3_07.txt", "v1.4_08.jpg"])
    assert names_of(found) == [("v1.jpg", "v1.txt")]
    assert found.left_out == (
        Omission(".#_#.jpg members", 2, "v1.3_07.jpg"),
        Omission(".#_#.txt members", 1, "v1.3_07.txt"),
    )


@pytest.mark.parametrize(
    ("names", "image"),
    [
        (["0.input.jpg", "0.outputs.txt"], "0.input.jpg"),
        (["0.txt", "0.input.jpg"], "0.input.jpg"),
        (["0.jpg", "0.alt.txt"], "0.jpg"),
        (["a.b.jpg"], "a.b.jpg"),
    ],
)
def test_image_whose_text_has_another_name_is_without_a_text(names: list[str], image: str) -> None:
    found = paired(names)
    assert found.pairs == []
    assert [member.name for member in found.without_text] == [image]


def test_every_member_is_in_a_pair_or_counted() -> None:
    names = [
        *("0.jpg", "0.txt", "0.json", "1.jpg", "2.txt", "a.b.jpg", "a.b.txt", "a.c.txt"),
        *("._0.jpg", "d/._0.txt", "readme", "x.tar.gz", "0.npz", "3.heic", "0.seg.png"),
    ]
    found = paired(names)
    counted = 2 * len(found.pairs) + len(found.without_text)
    assert counted + sum(part.count for part in found.left_out) == len(names)


@pytest.mark.parametrize(
    ("text", "image", "expected"),
    [
        ("outputs.txt", "input.jpg", ("0.input.jpg", "0.outputs.txt")),
        ("txt", "input.jpg", ("0.input.jpg", "0.txt")),
        (".TXT", ".PNG", ("0.png", "0.txt")),
        ("json", None, ("0.png", "0.json")),
    ],
)
def test_extensions_may_be_said(text: str, image: str | None, expected: tuple[str, str]) -> None:
    names = ["0.png", "0.txt", "0.input.jpg", "0.outputs.txt", "0.json"]
    assert names_of(paired(names, text, image)) == [expected]


def test_extensions_may_be_said_for_keys_with_dots() -> None:
    names = ["v1.2.in.jpg", "v1.2.out.txt"]
    assert names_of(paired(names, "out.txt", "in.jpg")) == [("v1.2.in.jpg", "v1.2.out.txt")]


@pytest.mark.parametrize(("text", "image"), [("", None), ("txt", "."), (".", None)])
def test_empty_extension_is_refused(text: str, image: str | None) -> None:
    with pytest.raises(ValueError, match=r"(text|image)_extension='\.?': give an extension such"):
        SampleNames(text, image)


@pytest.mark.parametrize(
    "names", [["0.jpg", "0.png"], ["a.b.jpg", "a.b.png"], ["0.txt", "0.TXT"], ["a.b.txt"] * 2]
)
def test_sample_that_is_there_twice_is_refused(names: list[str]) -> None:
    with pytest.raises(ValueError, match=r"x\.tar: the sample '.*' is there twice"):
        paired(names)


def test_empty_text_is_none() -> None:
    parts = [Member("0.jpg", 512, 9), Member("0.txt", 1536, 0)]
    found = pair_members(parts, SampleNames("txt"), "x.tar")
    assert found.pairs == [] and found.without_text == parts[:1]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a/0.JSON", ".json"),
        ("0.input.jpg", ".input.jpg"),
        ("img_v1.3_000003.jpg", ".#_#.jpg"),
        ("x.mp3", ".mp3"),
        ("a.b/readme", "extensionless"),
        ("a/._0.jpg", "hidden"),
        ("Dr. Strange and the very long title.jpg", ".jpg"),
        ("Dr. Strange has no extension, but a dot", "extensionless"),
    ],
)
def test_kind_tells_members_apart_but_not_each_one(name: str, kind: str) -> None:
    assert member_kind(name) == kind


def test_images_of_a_class_are_all_taken_and_the_rest_counted() -> None:
    images, left_out = image_members(members(["a.1.JPEG", "._a.1.JPEG", "x/b.png", "x.xml", "x"]))
    assert [member.name for member in images] == ["a.1.JPEG", "x/b.png"]
    assert {part.what: part.example for part in left_out} == {
        "hidden members": "._a.1.JPEG",
        ".xml members": "x.xml",
        "extensionless members": "x",
    }


@pytest.mark.parametrize("long", ["n" * 200, "ü" * 120])
def test_long_names_pair_whatever_the_tar_s_format(
    tmp_path: Path, write_tar: Callable[..., Path], long: str
) -> None:
    content = {f"{long}.{i}.{end}": b"x" for i in range(2) for end in ("jpg", "txt")}
    path = write_tar(tmp_path / "x.tar", content)
    found = pair_members(tar_members(path), SampleNames("txt"), str(path))
    assert names_of(found) == [(f"{long}.{i}.jpg", f"{long}.{i}.txt") for i in range(2)]
