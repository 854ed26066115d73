"""The images of a folder that resemble a given one, to a model's features."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from iclip.zeroshot.cached_embeddings import embed
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.image_readers import ImageFiles


@dataclass(frozen=True)
class Similar:
    """An image that resembles the given one.

    Attributes:
        file: The image.
        similarity: Cosine of the angle between the two images' features, -1 to 1.
    """

    file: Path
    similarity: float


class SimilarImages:
    """Ranks the images of a folder by the cosine between features.

    Args:
        model: Embeds the images.
        files: The images; those that cannot be read are left out.
        cache: Folder of the kept embeddings, see :mod:`iclip.zeroshot.cached_embeddings`.

    Attributes:
        files: The images that could be read.
        left_out: Names of those that could not, with reasons.

    Raises:
        NothingReadable: None could be read.
    """

    def __init__(self, model: ImageTextEmbedder, files: Sequence[Path], cache: Path) -> None:
        root = files[0].parent if files else Path()
        found = embed(model, ImageFiles(files, root), cache)
        self.model = model
        self.files = [files[number] for number in found.numbers]
        self.left_out = (*found.broken, *found.missing)
        self._rows = unit_rows(np.asarray(found.embeds[:], dtype=np.float32))  # N, D

    def find(self, image: Image.Image, count: int) -> list[Similar]:
        """Return the most similar images, the most similar first; equal ones in their order.

        Args:
            image: An upright RGB image.
            count: How many at most.
        """
        embedded = self.model.encode_images(self.model.transform(image)[None])  # 1, D
        similarities = self._rows @ unit_rows(embedded.numpy())[0]  # N
        order = np.argsort(-similarities, kind="stable")[:count]
        return [Similar(self.files[place], float(similarities[place])) for place in order]


def unit_rows(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Scale rows (N, D) to length 1; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)
