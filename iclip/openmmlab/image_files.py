"""Read the images of detection and segmentation as pre-training and evaluation read them.

mmcv's loader differs from that rule, see :mod:`iclip.datasets.readers.decoding`: OpenCV fills a cut
JPEG file with gray and shows the colors below what is transparent; and where a file cannot be read,
it ends the training with an assertion or an error that does not name the file.
"""

from collections.abc import Mapping
from typing import Any

import mmengine.fileio
import numpy as np
import numpy.typing as npt
from mmcv.transforms import LoadImageFromFile as MmcvLoader

from iclip.datasets.readers.decoding import bgr_pixels
from iclip.files.storage import read_bytes
from iclip.messages import one_line, printable
from iclip.openmmlab.replaced_files import ReplacedFiles
from iclip.registry import TRANSFORMS


@TRANSFORMS.register_module()
class LoadImageFromFile(MmcvLoader):
    """Take the place of mmcv's ``LoadImageFromFile`` in a pipeline, by its name.

    Reads ``img_path``; adds ``img``, BGR (H, W, 3) uint8, ``img_shape`` and ``ori_shape``. In
    training, another image takes the place of one that cannot be read, which is named in the log
    once. In testing it is an error, since scores on fewer images are not comparable.

    Args:
        max_unreadable: Largest number of images that a data worker may leave out; more end the
            training. 0, as in testing: none.
        backend_args: mmengine's, for files of its own storage backends.

    Raises:
        ValueError: ``max_unreadable`` is negative, or not a whole number.
    """

    def __init__(
        self, max_unreadable: int = 0, backend_args: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(backend_args=None if backend_args is None else dict(backend_args))
        if not isinstance(max_unreadable, int) or max_unreadable < 0:
            raise ValueError(
                f"max_unreadable={max_unreadable!r}: give a number of images, 0 for none"
            )
        self.max_unreadable = max_unreadable
        self.unreadable = ReplacedFiles(
            "image", max_unreadable, f"LoadImageFromFile(max_unreadable={max_unreadable})"
        )

    def transform(self, results: dict[str, Any]) -> dict[str, Any] | None:
        """Add the pixels; return None for an image that is left out.

        Raises:
            ValueError: The image cannot be read, and more than ``max_unreadable`` could not.
        """
        path = str(results["img_path"])
        try:
            image = self._read(path)
        except (OSError, ValueError) as error:
            self._note(path, error)
            return None  # mmengine's data sets then draw another index
        results["img"] = image
        results["img_shape"] = results["ori_shape"] = image.shape[:2]
        return results

    def _read(self, path: str) -> npt.NDArray[np.uint8]:
        if self.backend_args is None:
            content = read_bytes(path)
        else:
            content = mmengine.fileio.get(path, backend_args=self.backend_args)
        return bgr_pixels(content)

    def _note(self, path: str, error: Exception) -> None:
        reason = getattr(error, "strerror", None) or one_line(error)
        told = f"{printable(path)} cannot be read ({reason})"
        if self.max_unreadable == 0:
            raise ValueError(
                f"{told}. Fetch it anew, or take it out of the annotation file"
            ) from error
        self.unreadable.add(path, told, error)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(max_unreadable={self.max_unreadable})"
