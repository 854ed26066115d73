"""What the page says of a prediction."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iclip.demo.found_things import (
    MAX_ROWS,
    PICTURE_SIDE,
    THUMBNAIL_SIDE,
    fitted,
    rows_of,
    thumbnail,
    value_name,
)
from iclip.predictions import Prediction
from iclip.predictions.masks import encode
from iclip.tasks import DETECTION, SEGMENTATION


def boxes(scores: list[float]) -> Prediction:
    labels = np.arange(len(scores)) % 2
    return Prediction(DETECTION, ("cup", "dog"), labels, np.array(scores, dtype=np.float32))


def test_boxes_have_scores() -> None:
    found = boxes([0.91, 0.5])
    assert rows_of(found) == [["cup", "0.910"], ["dog", "0.500"]]
    assert value_name(found) == "score"


def test_rows_end_somewhere() -> None:
    assert len(rows_of(boxes([0.5] * (MAX_ROWS + 7)))) == MAX_ROWS


def test_nothing_found_is_an_empty_table() -> None:
    assert rows_of(boxes([])) == []


def test_segments_have_shares_of_the_pixels() -> None:
    masks = np.zeros((2, 4, 5), dtype=bool)
    masks[0, :3], masks[1, 3:] = True, True
    found = Prediction(
        SEGMENTATION, ("sky", "sea"), np.array([0, 1]), runs=encode(masks), size=(5, 4)
    )
    assert rows_of(found) == [["sky", "75.0%"], ["sea", "25.0%"]]
    assert value_name(found) == "share of the pixels"


def test_thumbnail_is_upright_and_small(tmp_path: Path) -> None:
    image = Image.new("RGB", (1000, 500), "red")
    image.paste("blue", (0, 0, 500, 500))
    turned = Image.Exif()
    turned[0x0112] = 6  # turn by 90 degrees clockwise
    image.save(tmp_path / "a.jpg", exif=turned)
    small = thumbnail(tmp_path / "a.jpg")
    assert small.size == (THUMBNAIL_SIDE // 2, THUMBNAIL_SIDE)
    red, _, blue = small.getpixel((5, 5))
    assert blue > 200 > red  # the left half is on top


@pytest.mark.parametrize(("width", "fits"), [(PICTURE_SIDE, True), (2 * PICTURE_SIDE, False)])
def test_large_picture_is_shrunk_and_a_small_one_is_not(width: int, fits: bool) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (60, width, 3), dtype=np.uint8)
    image = fitted(picture)
    assert image.size == ((width, 60) if fits else (PICTURE_SIDE, 30))
    assert not fits or np.array_equal(np.asarray(image), picture)


def test_damaged_image_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no")
    with pytest.raises((ValueError, OSError)):
        thumbnail(tmp_path / "a.jpg")
