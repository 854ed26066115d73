"""Pictures of a run: the first of each folder are shown, damaged ones are a problem."""

from pathlib import Path

import pytest
from PIL import Image

from tests.support.run_folder import pretraining, problems, sections, write_run


@pytest.mark.parametrize(
    "content", [b"no picture", b"", b"\x89PNG\r\n\x1a\n\0\0", b"II*\0\xff\xff"]
)
def test_picture_that_cannot_be_read_is_a_problem(content: bytes, tmp_path: Path):
    write_run(tmp_path / "run", pretraining(), {"a": 1.0})
    (tmp_path / "run/pictures").mkdir()
    (tmp_path / "run/pictures/a.png").write_bytes(content)
    Image.new("RGB", (8, 8)).save(tmp_path / "run/pictures/b.JPG", "JPEG")
    assert any("pictures/a.png" in what for _, what in problems(tmp_path))
    assert len(sections(tmp_path)["pictures"]["pictures"]) == 1


def test_pictures_beyond_the_first_of_a_folder_are_counted(tmp_path: Path):
    write_run(tmp_path / "run", pretraining(), {"a": 1.0})
    (tmp_path / "run/pictures").mkdir()
    for number in range(11):
        Image.new("RGB", (8, 8)).save(tmp_path / f"run/pictures/{number}.png")
    part = sections(tmp_path)["pictures"]
    assert len(part["pictures"]) == 8
    assert part["text"] == ["run/pictures: 3 further pictures are not shown."]
