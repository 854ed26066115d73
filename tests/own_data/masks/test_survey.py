"""Reading all masks of a data set."""

from pathlib import Path

import pytest

from iclip.own_data.masks.survey import read_masked_images
from iclip.own_data.remarks import Remarks
from tests.support.mask_folders import labels, write_image, write_numbers


def test_order_is_kept_over_parts_and_threads(tmp_path: Path):
    parts = {
        part: [
            (
                str(write_image(tmp_path / f"{part}{number}.jpg")),
                str(write_numbers(tmp_path / f"{part}{number}.png", labels(number, 2))),
            )
            for number in range(30)
        ]
        for part in ("train", "val")
    }
    found = read_masked_images(parts, None, Remarks("data"))
    for part, pairs in parts.items():
        assert [sample.file for sample in found.parts[part]] == [image for image, _ in pairs]
        for number, sample in enumerate(found.parts[part]):
            assert (sample.mask.label_map() == labels(number, 2)).all()


def test_nothing_to_read_is_an_error(tmp_path: Path):
    image = write_image(tmp_path / "a.jpg")
    (tmp_path / "a.png").write_bytes(b"")
    pairs = [(str(image), str(tmp_path / "a.png"))]
    with pytest.raises(ValueError, match="data: no image has a mask that can be read"):
        read_masked_images({"train": pairs}, None, Remarks("data"))
