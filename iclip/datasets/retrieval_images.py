"""Images with several captions each, for retrieval (Flickr30K, MS-COCO: Karpathy's splits)."""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

from iclip.datasets.data_root import existing_file, existing_folder, missing_data
from iclip.datasets.source import ImageTransform, Sample, Source, Tokenizer, built_tokenizer
from iclip.registry import DATASETS


@DATASETS.register_module()
class RetrievalImages(Source):
    """Images with several captions each, one split of a file in Karpathy's format.

    Args:
        annotations: The JSON file: ``{"images": [{"filename", "split", "sentences": [{"raw"}]}]}``,
            where an image may have a ``filepath``, its folder below ``image_root``.
        image_root: Folder of the images.
        image_transform: Callable, or its config: (encoded bytes, seed) -> uint8 (3, H, W).
        tokenizer: Callable, or its config: T texts -> ids (T, L).
        split: Which images to take.
        captions_per_image: The first so many captions of each count; the protocol takes 5, and some
            images of MS-COCO have more.

    Raises:
        FileNotFoundError: The annotations or images are missing.
        ValueError: The file has another format, no such split, or images without a caption.
    """

    def __init__(
        self,
        annotations: str | os.PathLike[str],
        image_root: str | os.PathLike[str],
        image_transform: ImageTransform | dict[str, Any],
        tokenizer: Tokenizer | dict[str, Any],
        split: str = "test",
        captions_per_image: int = 5,
    ) -> None:
        super().__init__(image_transform)
        self.tokenizer = built_tokenizer(tokenizer)
        self._root = existing_folder("RetrievalImages(image_root=...)", image_root)
        path = existing_file("RetrievalImages(annotations=...)", annotations)
        images = _images_of_split(path, split)
        self._files = [
            os.path.join(image.get("filepath", ""), image["filename"]) for image in images
        ]
        self._captions = [
            [sentence["raw"] for sentence in image["sentences"][:captions_per_image]]
            for image in images
        ]
        self._check(path)

    @property
    def stored_count(self) -> int:
        """Number of images."""
        return len(self._files)

    def read(self, stored: int) -> tuple[bytes, Sample]:
        """Read an image and ``token_ids`` (captions, L)."""
        encoded = Path(self.describe(stored)).read_bytes()
        return encoded, {"token_ids": self.tokenizer(self._captions[stored])}

    def describe(self, stored: int) -> str:
        """Name an image's file."""
        return os.path.join(self._root, self._files[stored])

    def _check(self, path: Path) -> None:
        silent = [
            f for f, captions in zip(self._files, self._captions, strict=True) if not captions
        ]
        if silent:
            raise ValueError(f"{path}: {len(silent)} images have no caption, such as {silent[0]}")
        missing = [file for file in self._files if not (self._root / file).is_file()]
        if missing:
            raise missing_data(
                "RetrievalImages(image_root=...)",
                self._root,
                f"{len(missing)} of {len(self._files)} images are missing, such as {missing[0]}",
            )


def _images_of_split(path: Path, split: str) -> list[dict[str, Any]]:
    try:
        images = json.loads(path.read_text(encoding="utf-8"))["images"]
        splits = Counter(image["split"] for image in images)
        chosen = [image for image in images if image["split"] == split]
        for image in chosen:
            _ = image["filename"], [sentence["raw"] for sentence in image["sentences"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is not in Karpathy's format ({type(error).__name__}: {error}): it must hold "
            '{"images": [{"filename": ..., "split": ..., "sentences": [{"raw": ...}]}]}'
        ) from error
    if not chosen:
        raise ValueError(
            f"{path} has no image in split={split!r}; it has "
            + (", ".join(f"{count} in {name!r}" for name, count in splits.items()) or "no image")
        )
    return chosen
