"""Retrieval sets: images with several captions each, in the layouts in which people have them."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from iclip.datasets.readers.captions import read_caption_file
from iclip.messages import listing
from iclip.zeroshot.image_readers import ImageFiles

# Captions per image that the protocol takes, from the first on.
CAPTIONS = 5


@dataclass(frozen=True)
class Layout:
    """Where a retrieval set may lie, below its folder.

    Attributes:
        annotations: The file of captions.
        images: The folder of its images.
        split: Which part of the data set the images are, in words.
        protocol: The protocol whose test set they are; None if they are another part.
    """

    annotations: str
    images: str
    split: str
    protocol: str | None = None


@dataclass(frozen=True)
class CaptionedImages:
    """A retrieval set.

    Attributes:
        reader: Reads the images.
        captions: Captions of each image, at most the protocol's five (some of MS-COCO's have more).
        origin: The file of captions.
        split: Which part of the data set it is, in words.
        protocol: The protocol that is followed; None for one's own data.
        expected: The protocol's numbers of images and captions.
        change: Which part it is instead of the protocol's; empty if it is the protocol's.
    """

    reader: ImageFiles
    captions: tuple[tuple[str, ...], ...]
    origin: Path
    split: str = "test"
    protocol: str | None = None
    expected: tuple[int, int] | None = None
    change: str = ""

    def __len__(self) -> int:
        return len(self.reader)

    def deviations(self, images: int, captions: int) -> tuple[str, ...]:
        """Say how an evaluation deviated from its protocol; empty for one's own data.

        Args:
            images: Number of images that were read.
            captions: Number of their captions.
        """
        if self.change:
            return (self.change,)
        if self.protocol is None or self.expected is None:
            return ()
        pairs = zip(("images", "captions"), (images, captions), self.expected, strict=True)
        return tuple(f"{n:,} of {of:,} {thing}" for thing, n, of in pairs if n != of)


_KARPATHY = "Karpathy's test split"

# Per data set: the folder below the data root, and its layouts, the protocol's own file first.
LAYOUTS: dict[str, tuple[str, tuple[Layout, ...]]] = {
    "flickr30k": (
        "flickr30k",
        (
            Layout("dataset_flickr30k.json", "images", _KARPATHY, "flickr30k/karpathy-test-1k"),
            Layout(
                "flickr30k_test_karpathy.txt", "Images", _KARPATHY, "flickr30k/karpathy-test-1k"
            ),
        ),
    ),
    "coco": (
        "coco",
        (
            Layout("dataset_coco.json", "images", _KARPATHY, "coco/karpathy-test-5k"),
            Layout("coco_test_karpathy.json", "val2014", _KARPATHY, "coco/karpathy-test-5k"),
            Layout("annotations/captions_val2014.json", "val2014", "all of val2014"),
        ),
    ),
    "toy": ("toy/retrieval", (Layout("karpathy.json", "images", "test", "toy/retrieval"),)),
}

# Images and captions of the protocols' test sets, five captions per image.
_SIZES = {"coco/karpathy-test-5k": (5000, 25_000), "flickr30k/karpathy-test-1k": (1000, 5000)}


def open_retrieval_set(name: str, data_root: Path) -> CaptionedImages:
    """Open the test split of a data set, in the layout nearest to its protocol.

    Raises:
        FileNotFoundError: No file of captions is there, or its folder of images is not.
        ValueError: The data set is unknown, the file has another format, or an image has no
            caption.
    """
    if name not in LAYOUTS:
        raise ValueError(f"--dataset {name} is unknown; there are {', '.join(LAYOUTS)}")
    folder, layouts = data_root / LAYOUTS[name][0], LAYOUTS[name][1]
    layout = next((layout for layout in layouts if (folder / layout.annotations).is_file()), None)
    if layout is None:
        wanted = " or ".join(f"{one.annotations} with {one.images}/" for one in layouts)
        raise FileNotFoundError(f"{name}: {folder} should hold {wanted}")
    if not (folder / layout.images).is_dir():
        raise FileNotFoundError(
            f"{name}: {folder / layout.annotations} is there, and its images are not: they should "
            f"lie in {folder / layout.images}"
        )
    # Another part of the data set is measured as a deviation from the first layout's protocol.
    protocol = layout.protocol or layouts[0].protocol
    change = "" if layout.protocol else f"{layout.split} instead of {layouts[0].split}"
    return read_captions(
        folder / layout.annotations, folder / layout.images, layout.split, protocol, change
    )


def read_captions(
    path: Path, images: Path, split: str = "test", protocol: str | None = None, change: str = ""
) -> CaptionedImages:
    """Read a caption file; see :func:`iclip.datasets.readers.captions.read_caption_file`.

    Args:
        path: The file.
        images: Folder of the images.
        split: Which part of the data set it is, in words.
        protocol: The protocol that is followed.
        change: Which part it is instead of the protocol's; empty if it is the protocol's.

    Raises:
        ValueError: The file has another format, an entry does not fit, or a caption is blank; the
            message says where.
    """
    found = read_caption_file(path)
    blank = [f"{place} ({image.file})" for image in found.images for place in image.blank]
    if blank:
        more = f", and {len(blank) - 1} more" if len(blank) > 1 else ""
        raise ValueError(f"{blank[0]}: the caption is blank{more}. Correct it, or leave it out")
    found.check_captions()
    captions = tuple(tuple(image.captions[:CAPTIONS]) for image in found.images)
    counts = len(captions), sum(map(len, captions))
    return CaptionedImages(
        ImageFiles([images / image.file for image in found.images], images),
        captions,
        path,
        split,
        protocol,
        _SIZES.get(protocol or "", counts),
        change,
    )


def said(images: CaptionedImages) -> str:
    """Say what was read: file, split, images and captions."""
    of_each = Counter(len(captions) for captions in images.captions)
    counts = listing([f"{number:,} with {n}" for n, number in sorted(of_each.items())], 5)
    return (
        f"{images.origin}: {images.split}, {len(images):,} images and "
        f"{sum(map(len, images.captions)):,} captions (images by captions: {counts})"
    )
