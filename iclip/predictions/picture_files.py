"""Drawings as files, in the format that their suffix names."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from iclip.files.atomic import write_atomically


def write_picture(picture: npt.NDArray[np.generic], path: Path) -> None:
    """Write a drawing (H, W, 3), RGB, or numbers (H, W), whole or not at all.

    Raises:
        ValueError: The suffix is not one of a format that Pillow writes.
        OSError: The file could not be written.
    """
    if not is_picture_name(path.name):
        raise ValueError(f"{path} has no suffix of a format of images; take .jpg or .png")
    kind = Image.registered_extensions()[path.suffix.lower()]
    encoded = io.BytesIO()
    options = {"quality": 90} if kind == "JPEG" else {}
    Image.fromarray(picture).save(encoded, kind, **options)
    write_atomically(path, encoded.getbuffer())


def is_picture_name(name: str) -> bool:
    """Whether a name's suffix is one of a format of images that Pillow writes."""
    return Image.registered_extensions().get(Path(name).suffix.lower()) in Image.SAVE
