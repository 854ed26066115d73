"""Sizes of images and label maps, told from their headers as the reader tells them."""

from pathlib import Path

import numpy as np
import pytest

import iclip.openmmlab  # noqa: F401  (before mmseg)

from iclip.openmmlab.annotations import check_annotations  # isort: skip
from tests.support.odd_annotations import (  # isort: skip
    only,
    segmentation,
    write_image,
    write_map,
)

ORIENTATION = 0x0112


@pytest.mark.parametrize("color_type", ["color", "unchanged"])
def test_turned_image_is_measured_as_the_reader_reads_it(color_type: str, tmp_path: Path):
    from mmseg.registry import TRANSFORMS

    pipeline = [
        dict(type="LoadImageFromFile", color_type=color_type), dict(type="LoadAnnotations"),
    ]  # fmt: skip
    cfg = segmentation(tmp_path, pipeline=pipeline)
    from PIL import Image

    exif = Image.Exif()
    exif[ORIENTATION] = 6
    write_image(tmp_path / "images/0.jpg", exif=exif)
    reader = TRANSFORMS.build(dict(pipeline[0]))
    read = reader({"img_path": str(tmp_path / "images/0.jpg")})["img"].shape[:2]
    write_map(tmp_path / "maps/0.png", np.zeros(read, np.uint8))
    assert check_annotations(cfg).problems == ()
    write_map(tmp_path / "maps/0.png", np.zeros(read[::-1], np.uint8))
    assert "of another size than their image: 1" in only(check_annotations(cfg).problems)
