"""Which names are those of videos."""

import pytest

from iclip.files.videos import is_video_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(("a.mp4", True), ("b c.AVI", True), ("d.e.webm", True), ("f.m4v", True)),
        *((".mp4", False), (".hidden.mp4", False), ("mp4", False), ("a.mp4.txt", False)),
    ],
)
def test_name(name: str, expected: bool):
    assert is_video_name(name) == expected
