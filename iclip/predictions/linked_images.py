"""The images of predictions beside their labels, without a copy of the pixels."""

import os
import shutil
from pathlib import Path

from iclip.predictions.prediction import Prediction


def link_image(prediction: Prediction, folder: Path) -> bool:
    """Put a link to a prediction's image into a folder, under the prediction's title.

    A frame of a video and an array are not files that could be linked.

    Args:
        prediction: What was found in the image.
        folder: The folder; it exists.

    Returns:
        Whether the image is a file. Where the file system has no links, it is copied.

    Raises:
        OSError: It could be neither linked nor copied.
    """
    if prediction.file is None or prediction.seconds is not None:
        return False
    source = prediction.file.resolve()
    link = folder / f"{prediction.title}{source.suffix.lower()}"
    link.unlink(missing_ok=True)
    try:
        os.symlink(source, link)
    except OSError:
        shutil.copyfile(source, link)
    return True
