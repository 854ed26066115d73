"""Class texts of a list of names."""

from pathlib import Path

import pytest
from torchvision.models.video import Swin3D_T_Weights

from iclip.text.class_texts import ClassText
from iclip.text.sources.listed_names import from_names


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "names.txt"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_names_per_line_keep_their_order(encoding: str, tmp_path: Path):
    path = write(tmp_path, "brush_hair\r\n\r\nair drumming\r\n", encoding)
    expected = (
        ClassText("brush_hair", ("brush hair",)),
        ClassText("air drumming", ("air drumming",)),
    )
    assert from_names(path).texts == expected


def test_ucf_numbers_give_the_order(tmp_path: Path):
    path = write(tmp_path, "2 TaiChi\n1 Archery\n3 YoYo\n")
    assert [text.names[0] for text in from_names(path).texts] == ["archery", "tai chi", "yo yo"]
    assert [text.id for text in from_names(path).texts] == ["Archery", "TaiChi", "YoYo"]


def test_kinetics_table_gives_its_labels_in_mmactions_order(tmp_path: Path):
    """mmaction numbers the labels as sorted; torchvision's list is an independent one of them."""
    names = Swin3D_T_Weights.KINETICS400_V1.meta["categories"]
    rows = [f'"{name}",id{n},0,10,train\n' for n, name in enumerate(reversed(names * 2))]
    path = write(tmp_path, "label,youtube_id,time_start,time_end,split\n" + "".join(rows))
    assert [text.id for text in from_names(path).texts] == names


def test_folder_per_class_gives_the_names(tmp_path: Path):
    for name in ("cartwheel", "brush_hair", ".cache"):
        (tmp_path / name).mkdir()
    (tmp_path / "readme.txt").touch()
    assert [text.id for text in from_names(tmp_path).texts] == ["brush_hair", "cartwheel"]


def test_names_that_begin_with_a_number_are_names(tmp_path: Path):
    path = write(tmp_path, "100 meter dash\nrunning\n")
    assert [text.id for text in from_names(path).texts] == ["100 meter dash", "running"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\n", "holds no name: write one per line"),
        ("run\nwalk\nrun\n", "the same names for several classes: run"),
        ("BrushHair\nbrush_hair\n", "the same words for several classes: brush hair"),
        ("1 run\n3 walk\n", r"do not run from 0 or 1 without a gap \(they are 1, 3\)"),
        ("label,youtube_id\nrun,a,b\n", r"names\.txt .*1 row"),
    ],
)
def test_mistakes_are_named(text: str, told: str, tmp_path: Path):
    with pytest.raises(ValueError, match=told):
        from_names(write(tmp_path, text))


def test_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"--names .*gone\.txt: there is no such file"):
        from_names(tmp_path / "gone.txt")
