"""The sample of segmentation."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from iclip.own_data.masks.masked_image import MaskedImage, RelabelledMask, TurnedMask
from iclip.own_data.masks.shapes import Shape, ShapesMask


@pytest.mark.parametrize("orientation", range(1, 9))
def test_mask_is_turned_as_pillow_turns_images(orientation: int):
    shape = Shape(3, [[0.0, 0.0, 5.0, 0.0, 5.0, 2.0, 0.0, 2.0]])
    drawn = ShapesMask(9, 4, (shape,))
    image = Image.fromarray(drawn.label_map())
    image.getexif()[0x0112] = orientation
    upright = np.asarray(ImageOps.exif_transpose(image))
    assert (TurnedMask(drawn, orientation).label_map() == upright).all()
    assert TurnedMask(drawn, orientation).state() != drawn.state()


def test_labels_are_exchanged_and_ignored_pixels_stay():
    drawn = ShapesMask(6, 4, (Shape(1, [[0.0, 0.0, 3.0, 0.0, 3.0, 4.0, 0.0, 4.0]]),))
    former = MaskedImage("a.jpg", 6, 4, RelabelledMask(drawn, (255, 0)), (0,))
    image = former.relabelled([7])
    expected = np.full((4, 6), 255)
    expected[:, :3] = 7
    assert (image.mask.label_map() == expected).all()
    assert image.class_labels == (7,)
    assert image.mask.in_place is None
    assert image.mask.state() != former.relabelled([8]).mask.state()
