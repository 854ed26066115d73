"""Which files are images."""

from pathlib import Path

import pytest

from iclip.image_files import LeftOut, class_folder_names, images_below, is_image_name


@pytest.mark.parametrize(
    "name", ["a.jpg", "a.JPG", "a.JPEG", "a.b.c.png", "a .tiff", "below/a.webp", "a.Pgm"]
)
def test_images(name: str) -> None:
    assert is_image_name(name)


@pytest.mark.parametrize("name", ["._a.jpg", ".jpg", "jpg", "a.txt", "a.jpg.txt", "a", ""])
def test_other_files(name: str) -> None:
    assert not is_image_name(name)


def test_images_are_listed_at_any_depth_and_the_rest_is_counted(tmp_path: Path) -> None:
    for name in ("b/1.JPG", "b/deeper/2.png", "a.jpg", "b/._1.JPG", "b/x.txt", "b/y.TXT", "README"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    left_out = LeftOut()
    found = [
        Path(path).relative_to(tmp_path).as_posix() for path in images_below(tmp_path, left_out)
    ]
    assert found == ["a.jpg", "b/1.JPG", "b/deeper/2.png"]
    assert left_out.counts == {".txt": 2, "hidden": 1, "no extension": 1}
    assert str(left_out).startswith(f"2 .txt ({tmp_path / 'b' / 'x.txt'}), ")


def test_hidden_folders_and_files_are_not_classes(tmp_path: Path) -> None:
    for name in ("b", "a", ".cache"):
        (tmp_path / name).mkdir()
    (tmp_path / "c.txt").touch()
    assert class_folder_names(tmp_path) == ["a", "b"]
