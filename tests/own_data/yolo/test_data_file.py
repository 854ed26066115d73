from pathlib import Path

import pytest

from iclip.own_data.remarks import Remarks
from iclip.own_data.yolo.data_file import Description, description_files, read_description

PLACES = "train: images/train\nval: images/val\n"


def read(tmp_path: Path, text: str, remarks: Remarks | None = None) -> Description:
    file = tmp_path / "data.yaml"
    file.write_text(text)
    return read_description(file, remarks or Remarks("DIR"))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("names: [cat, dog]", ("cat", "dog")),
        ("names:\n- cat\n- dog", ("cat", "dog")),
        ("names:\n  0: cat\n  1: dog", ("cat", "dog")),
        ("names: {1: dog, 0: cat}", ("cat", "dog")),
        ("names: ['cat', \"dog\"]\nnc: 2", ("cat", "dog")),
        # In YAML's own rules, these are truth values and numbers.
        ("names: [no, yes, on, 1, 0x10, null, 2024-01-01]",
         ("no", "yes", "on", "1", "0x10", "null", "2024-01-01")),
        ("nc: 2", ("class 0", "class 1")),
    ],
)  # fmt: skip
def test_names(names: str, expected: tuple[str, ...], tmp_path: Path) -> None:
    assert read(tmp_path, PLACES + names).names == expected


@pytest.mark.parametrize(
    ("names", "note"),
    [
        ("names: [cat, dog]\nnc: 3", "data.yaml says nc: 3, and has 2 names: the names count"),
        ("nc: 1", "data.yaml has no names: the classes are called class 0, class 1 ..."),
        ("names: {0: cat, 2: dog}", "data.yaml has no name for 1: called class 1 and so on"),
    ],
)
def test_what_does_not_fit_is_noted(names: str, note: str, tmp_path: Path) -> None:
    remarks = Remarks("DIR")
    read(tmp_path, PLACES + names, remarks)
    assert remarks.notes == [note]


def test_places_of_parts(tmp_path: Path) -> None:
    text = "path: ../data\ntrain: [a, b]\nvalid: ../valid/images\ntest:\nnames: [cat]\n"
    found = read(tmp_path, text)
    assert found.base == "../data"
    assert found.places == {"train": ("a", "b"), "val": ("../valid/images",)}
    assert not found.has_key_points
    assert read(tmp_path, text + "kpt_shape: [17, 3]\n").has_key_points


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (PLACES + "names: cat", "names is not a list of texts"),
        (PLACES + "names: []", "names is not a list of texts"),
        (PLACES + "names: [[cat]]", "names is not a list of texts"),
        (PLACES, "names is not a list of texts"),
        (PLACES + "names: {a: cat}", "names is a map, whose keys are numbers.*not 'a'"),
        (PLACES + "names: {0: cat, 00: dog}", "names is a map, whose keys are numbers"),
        (PLACES + "names: {0: cat, 99999999: dog}", "names has the number 99,999,999"),
        ("train: {a: b}\nnames: [cat]", "train is neither a folder or list"),
        ("path: [a]\nnames: [cat]", "path is not a text"),
        ("- a", "has no settings"),
        ("names: [cat", "is not a YAML file"),
        ("[" * 1100, "is not a YAML file"),
    ],
)
def test_another_file_is_an_error(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"data.yaml.*{message}"):
        read(tmp_path, text)


def test_a_file_cannot_run_code_or_grow(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
        for before, name in zip("abcdefghij", "bcdefghijk", strict=True)
    )
    with pytest.raises(ValueError, match="names is not a list of texts"):
        read(tmp_path, PLACES + bomb + "names: *k\n")
    mark = tmp_path / "ran"
    text = f"names: [!!python/object/apply:os.mkdir ['{mark}']]"
    with pytest.raises(ValueError, match="names is not a list of texts"):
        read(tmp_path, text)
    assert not mark.exists()


def test_descriptions_state_parts_and_names(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text("train_cfg:\n  epochs: 3\n")
    (tmp_path / "empty.yaml").touch()
    (tmp_path / "b.yml").write_text('{"train": a, "names": [cat]}')
    (tmp_path / "broken.yaml").write_bytes(b"\xff\xfe\x00")
    assert description_files(tmp_path) == [tmp_path / "b.yml"]
    assert description_files(tmp_path / "b.yml") == [tmp_path / "b.yml"]
    assert description_files(tmp_path / "settings.yaml") == []
    # The usual name counts before others.
    (tmp_path / "data.yaml").write_text(PLACES + "nc: 3")
    assert description_files(tmp_path) == [tmp_path / "data.yaml"]


def test_a_large_file_is_not_a_description(tmp_path: Path) -> None:
    text = PLACES + "names: [cat]\n" + "#" * 2**20
    with pytest.raises(ValueError, match=r"more than 1,048,576 bytes: it is not a data.yaml"):
        read(tmp_path, text)
    assert description_files(tmp_path) == []
