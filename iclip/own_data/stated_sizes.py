"""Compare the sizes that annotations state with those of the files."""

from collections.abc import Sequence

from iclip.files.orientation import UPRIGHT, lies_on_its_side
from iclip.messages import counted
from iclip.own_data.image_sizes import SizedImage
from iclip.own_data.remarks import Remarks

Size = tuple[int, int]


def fitting_images(
    images: Sequence[SizedImage | None], stated: Sequence[Size | None], remarks: Remarks
) -> dict[int, int]:
    """Tell which images have the size that was annotated, and how to turn their annotations.

    Annotations of an image that lies on its side may have been drawn on the pixels as they are
    stored; training reads them upright. Which it is shows in the stated size.

    Args:
        images: None for one that cannot be read.
        stated: Width and height that each image's annotation states; None if it states none.
        remarks: Receives the images that are left out, and those whose annotations are turned.

    Returns:
        By position of an image that fits, the orientation by which its annotations are to be
        turned; 1, upright, for nearly all.

    Raises:
        ValueError: More than a tenth of the images is of another size.
    """
    turns: dict[int, int] = {}
    other_size, turned = [], []
    for at, (image, size) in enumerate(zip(images, stated, strict=True)):
        if image is None:
            continue
        if size is None or size == (image.width, image.height):
            turns[at] = UPRIGHT
        elif lies_on_its_side(image.orientation) and size == (image.height, image.width):
            turns[at] = image.orientation
            turned.append(image.file)
        else:
            other_size.append(
                f"{image.file} is {image.width} x {image.height}, its annotation says "
                f"{size[0]} x {size[1]}"
            )
    remarks.leave_out(
        "images of another size than their annotation says",
        other_size,
        len(images),
        "what was drawn does not fit: annotate these images, or use the annotated ones",
    )
    if turned:
        remarks.note(
            f"annotations of {counted(len(turned), 'image')} ({turned[0]}) were drawn on pixels as "
            "stored, which EXIF data turn: they were turned, too"
        )
    return turns
