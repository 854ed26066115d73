"""Images are linked under their predictions' titles."""

import os
from pathlib import Path

import pytest

from iclip.predictions.linked_images import link_image
from tests.support.made_predictions import boxes


@pytest.fixture
def image(tmp_path: Path) -> Path:
    (tmp_path / "a.JPG").write_bytes(b"pixels")
    (tmp_path / "links").mkdir()
    return tmp_path / "a.JPG"


def test_link_has_the_title_and_a_small_suffix(image: Path, tmp_path: Path):
    assert link_image(boxes(file=image), tmp_path / "links")
    link = tmp_path / "links/a b.jpg"
    assert link.is_symlink() and link.resolve() == image.resolve()
    assert link_image(boxes(file=image), tmp_path / "links")  # again


def test_image_is_copied_where_there_are_no_links(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refused(*arguments: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "symlink", refused)
    assert link_image(boxes(file=image), tmp_path / "links")
    link = tmp_path / "links/a b.jpg"
    assert not link.is_symlink() and link.read_bytes() == b"pixels"


def test_frames_and_arrays_have_no_file(image: Path, tmp_path: Path):
    assert not link_image(boxes(file=image, seconds=0.0), tmp_path / "links")
    assert not link_image(boxes(file=None), tmp_path / "links")
    assert list((tmp_path / "links").iterdir()) == []
