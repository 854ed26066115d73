"""Images with several captions each, for retrieval (Flickr30K, MS-COCO: Karpathy's splits)."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from iclip.data_summary import OF_SPLIT, DataSummary, Omission
from iclip.datasets.readers.captions import CaptionedImage, read_karpathy
from iclip.datasets.readers.missing_data import existing_file, existing_image_root, missing_data
from iclip.datasets.sample_source import ImageTransform, Sample, SampleSource, built_tokenizer
from iclip.files.storage import join, missing_files, read_bytes
from iclip.registry import DATASETS
from iclip.text.tokenizer_protocol import Tokenizer

_ANNOTATIONS = "RetrievalImages(annotations=...)"
_IMAGE_ROOT = "RetrievalImages(image_root=...)"


@DATASETS.register_module()
class RetrievalImages(SampleSource):
    """Images with several captions each, one split of a file in Karpathy's format.

    Args:
        annotations: The JSON file, or its URL: ``{"images": [{"filename", "split", "sentences":
            [{"raw"}]}]}``, where an image may have a ``filepath``, its folder below ``image_root``.
        image_root: Folder of the images, or its URL.
        image_transform: Callable, or its config: (encoded bytes, seed) -> uint8 (3, H, W).
        tokenizer: Callable, or its config: T texts -> ids (T, L).
        split: Which images to take.
        captions_per_image: How many captions of an image count, from the first on; blank captions
            are left out first. The protocol takes 5, and some images of MS-COCO have more.

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
        self._root = existing_image_root(_IMAGE_ROOT, image_root)
        file = read_karpathy(existing_file(_ANNOTATIONS, annotations), split)
        file.check_captions()
        self._split, self._images_per_split = split, file.splits
        self._place = os.fspath(annotations)
        self._files = [image.file for image in file.images]
        self._captions = [image.captions[:captions_per_image] for image in file.images]
        self._check_images_exist()
        self._left_out = tuple(_omitted(file.images, captions_per_image))

    @property
    def stored_count(self) -> int:
        """Number of images."""
        return len(self._files)

    def read(self, stored: int) -> tuple[bytes, ...]:
        """Read the encoded image."""
        return (read_bytes(self.sample_name(stored)),)

    def parts(self, stored: int, *text: bytes) -> Sample:
        """Return ``token_ids`` (k, L) of the image's k captions."""
        return {"token_ids": self.tokenizer(self._captions[stored])}

    def sample_name(self, stored: int) -> str:
        """Name an image's file."""
        return join(self._root, self._files[stored])

    def summary(self) -> DataSummary:
        """Say how many images and captions the split has, and what the other splits have."""
        others = tuple(
            Omission(f"{OF_SPLIT} {name!r}", count, "not asked for")
            for name, count in self._images_per_split.items()
            if name != self._split
        )
        return DataSummary(
            type(self).__name__,
            self._place,
            {"images": len(self), "captions": sum(map(len, self._captions))},
            self._left_out + others,
            (f"split {self._split!r}",),
        )

    @classmethod
    def check_files(cls, settings: Mapping[str, Any]) -> None:
        """Look for the annotations and the images' folder."""
        existing_image_root(_IMAGE_ROOT, settings["image_root"])
        existing_file(_ANNOTATIONS, settings["annotations"])

    def _check_images_exist(self) -> None:
        files = {join(self._root, file): file for file in self._files}
        missing = [files[path] for path in missing_files(list(files))]
        if missing:
            raise missing_data(
                _IMAGE_ROOT,
                self._root,
                f"{len(missing)} of {len(self._files)} images are missing, such as {missing[0]}",
            )


def _omitted(images: Sequence[CaptionedImage], limit: int) -> Iterator[Omission]:
    """Yield the omissions: captions that are blank, and those after an image's first ``limit``."""
    kinds = {
        "blank captions": [len(image.blank) for image in images],
        f"captions after the first {limit} of an image": [
            max(0, len(image.captions) - limit) for image in images
        ],
    }
    for what, counts in kinds.items():
        if any(counts):
            first = next(image for image, count in zip(images, counts, strict=True) if count)
            yield Omission(what, sum(counts), first.file)
