"""Images with several captions each, for retrieval (Flickr30K, MS-COCO: Karpathy's splits)."""

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from iclip.data_summary import DataSummary, Omission
from iclip.datasets.readers.missing_data import existing_file, existing_folder, missing_data
from iclip.datasets.sample_source import (
    ImageTransform,
    Sample,
    SampleSource,
    Tokenizer,
    built_tokenizer,
)
from iclip.files.text import read_text
from iclip.messages import counted, printable
from iclip.registry import DATASETS


@DATASETS.register_module()
class RetrievalImages(SampleSource):
    """Images with several captions each, one split of a file in Karpathy's format.

    Args:
        annotations: The JSON file: ``{"images": [{"filename", "split", "sentences": [{"raw"}]}]}``,
            where an image may have a ``filepath``, its folder below ``image_root``.
        image_root: Folder of the images.
        image_transform: Callable, or its config: (encoded bytes, seed) -> uint8 (3, H, W).
        tokenizer: Callable, or its config: T texts -> ids (T, L).
        split: Which images to take.
        captions_per_image: The first so many captions of each count; the protocol takes 5, and some
            images of MS-COCO have more. Blank captions do not count.

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
        images, self._splits = _images_of_split(path, split)
        self._split, self._place = split, os.fspath(annotations)
        self._files = [_file_of(image) for image in images]
        all_captions = [_captions_of(image) for image in images]
        self._captions = [captions[:captions_per_image] for captions in all_captions]
        self._check_captions(path)
        self._check_images_exist()
        self._left_out = _omitted(images, all_captions, captions_per_image)

    @property
    def stored_count(self) -> int:
        """Number of images."""
        return len(self._files)

    def read(self, stored: int) -> tuple[bytes, Sample]:
        """Read an image and ``token_ids`` (captions, L)."""
        encoded = Path(self.sample_name(stored)).read_bytes()
        return encoded, {"token_ids": self.tokenizer(self._captions[stored])}

    def sample_name(self, stored: int) -> str:
        """Name an image's file."""
        return os.path.join(self._root, self._files[stored])

    def summary(self) -> DataSummary:
        """Say how many images and captions the split has, and what the other splits."""
        others = tuple(
            Omission(f"images of split {name!r}", count, "not asked for")
            for name, count in self._splits.items()
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
        existing_folder("RetrievalImages(image_root=...)", settings["image_root"])
        existing_file("RetrievalImages(annotations=...)", settings["annotations"])

    def _check_captions(self, path: Path) -> None:
        silent = [
            f for f, captions in zip(self._files, self._captions, strict=True) if not captions
        ]
        if silent:
            raise ValueError(
                f"{path}: {counted(len(silent), 'image')} without a caption, such as {silent[0]}"
            )

    def _check_images_exist(self) -> None:
        missing = [file for file in self._files if not (self._root / file).is_file()]
        if missing:
            raise missing_data(
                "RetrievalImages(image_root=...)",
                self._root,
                f"{len(missing)} of {len(self._files)} images are missing, such as {missing[0]}",
            )


def _file_of(image: Mapping[str, Any]) -> str:
    return os.path.join(image.get("filepath") or "", image["filename"])


def _captions_of(image: Mapping[str, Any]) -> list[str]:
    """The captions that are not blank."""
    captions = [sentence["raw"] for sentence in image["sentences"] if sentence["raw"].strip()]
    broken = [caption for caption in captions if printable(caption) != caption]
    if broken:
        raise ValueError(f"{broken[0]!r} holds half of a surrogate pair")
    return captions


def _omitted(
    images: Sequence[Mapping[str, Any]], captions: Sequence[Sequence[str]], limit: int
) -> tuple[Omission, ...]:
    """Captions that are blank, or more than the first so many of an image."""
    kinds = {
        "blank captions": [
            len(image["sentences"]) - len(own) for image, own in zip(images, captions, strict=True)
        ],
        f"captions after the first {limit} of an image": [
            max(0, len(own) - limit) for own in captions
        ],
    }
    first = {what: next((i for i, n in enumerate(ns) if n), None) for what, ns in kinds.items()}
    return tuple(
        Omission(what, sum(counts), _file_of(images[place]))
        for what, counts in kinds.items()
        if (place := first[what]) is not None
    )


def _images_of_split(path: Path, split: str) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Read the images of a split, and the number of images of each split."""
    text = read_text(path)
    try:
        images = json.loads(text)["images"]
        splits = Counter(image["split"] for image in images)
        chosen = [image for image in images if image["split"] == split]
        for image in chosen:
            _file_of(image), _captions_of(image)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} is not in Karpathy's format ({type(error).__name__}: {error}): it must hold "
            '{"images": [{"filename": ..., "split": ..., "sentences": [{"raw": ...}]}]}'
        ) from error
    if not chosen:
        raise ValueError(
            f"{path} has no image in split={split!r}; it has "
            + (", ".join(f"{count} in {name!r}" for name, count in splits.items()) or "no image")
        )
    return chosen, dict(splits)
