"""What a page says of a prediction, and the thumbnails beside it."""

from pathlib import Path

from PIL import Image

from iclip.datasets.readers.decoding import open_image
from iclip.predictions import Prediction
from iclip.predictions.prediction import Picture

# Rows of the table; an image may have hundreds of boxes.
MAX_ROWS = 50
THUMBNAIL_SIDE = 256
# Largest side of the picture: the page shows it smaller, and as a PNG file.
PICTURE_SIDE = 1600


def rows_of(found: Prediction) -> list[list[str]]:
    """Return a prediction's table: name and score or, without scores, share of the pixels."""
    if found.scores is not None:
        values = [f"{score:.3f}" for score in found.scores]
    else:
        assert found.shares is not None, "what has no scores has masks"
        values = [f"{share:.1%}" for share in found.shares]
    return [list(row) for row in zip(found.names, values, strict=True)][:MAX_ROWS]


def value_name(found: Prediction) -> str:
    """Name the table's second column."""
    return "share of the pixels" if found.scores is None else "score"


def read_image(file: Path) -> Image.Image:
    """Read an image as training reads it: RGB, upright.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is damaged, or not an image.
    """
    return Image.fromarray(open_image(file.read_bytes()).pixels())


def fitted(picture: Picture) -> Image.Image:
    """Shrink a picture (H, W, 3) to what a page shows; a smaller one stays as it is."""
    image = Image.fromarray(picture)
    image.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    return image


def thumbnail(file: Path) -> Image.Image:
    """Read an image at the size of a gallery.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is damaged, or not an image.
    """
    image = read_image(file)
    image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return image
