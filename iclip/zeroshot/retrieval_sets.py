"""Images with several captions each: the protocols' test sets, in the layouts that people have."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from iclip.messages import listing
from iclip.zeroshot.caption_files import read_caption_file
from iclip.zeroshot.pictures import PictureFiles

CAPTIONS = 5


@dataclass(frozen=True)
class Layout:
    """Where a retrieval set may lie, below its folder.

    Attributes:
        annotations: The file of captions.
        images: The folder of its images.
        split: Which part of the data set its test images are.
        protocol: The protocol whose test set that is; None for another.
    """

    annotations: str
    images: str
    split: str
    protocol: str | None = None


@dataclass(frozen=True)
class CaptionedImages:
    """A retrieval set.

    Attributes:
        pictures: The images.
        captions: Of each image; the protocol takes five, and some of MS-COCO's have more.
        origin: The file that says so.
        split: Which part it is, in words.
        protocol: Whose protocol it is; None for another part or one's own data.
        expected: The protocol's numbers of images and captions.
        change: Which part was there instead of the protocol's; may be empty.
    """

    pictures: PictureFiles
    captions: tuple[tuple[str, ...], ...]
    origin: Path
    split: str = "test"
    protocol: str | None = None
    expected: tuple[int, int] | None = None
    change: str = ""

    def __len__(self) -> int:
        return len(self.pictures)

    def deviations(self, images: int, captions: int) -> tuple[str, ...]:
        """Say in which ways an evaluation was not the protocol's; nothing for one's own data."""
        if self.change:
            return (self.change,)
        if self.protocol is None or self.expected is None:
            return ()
        pairs = zip(("images", "captions"), (images, captions), self.expected, strict=True)
        return tuple(f"{n:,} of {of:,} {thing}" for thing, n, of in pairs if n != of)


_KARPATHY = "Karpathy's test split"

# By data set: folder below the data root, and layouts, the protocol's own file first.
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

# Images and captions of the protocols' test sets, five of each image.
_SIZES = {"coco/karpathy-test-5k": (5000, 25_000), "flickr30k/karpathy-test-1k": (1000, 5000)}


def open_retrieval_set(name: str, data_root: Path) -> CaptionedImages:
    """Open the test split of a data set, in the layout that is nearest to its protocol.

    Raises:
        FileNotFoundError: No layout is there, or its images are not.
        ValueError: The data set is unknown, the file has another format or an image no caption.
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
    protocol = layout.protocol or layouts[0].protocol
    change = "" if layout.protocol else f"{layout.split} instead of {layouts[0].split}"
    return read_captions(
        folder / layout.annotations, folder / layout.images, layout.split, protocol, change
    )


def read_captions(
    path: Path, images: Path, split: str = "test", protocol: str | None = None, change: str = ""
) -> CaptionedImages:
    """Read a caption file, see :func:`iclip.zeroshot.caption_files.read_caption_file`.

    Args:
        path: The file.
        images: Folder of the images.
        split: Which part it is, in words.
        protocol: Whose protocol is measured.
        change: What else than the protocol's part it is; empty if it is that.

    Raises:
        ValueError: It has another format, or does not fit; says where.
    """
    found = read_caption_file(path)
    captions = tuple(tuple(captions[:CAPTIONS]) for captions in found.values())
    counts = len(captions), sum(map(len, captions))
    return CaptionedImages(
        PictureFiles([images / name for name in found], images),
        captions,
        path,
        split,
        protocol,
        _SIZES.get(protocol or "", counts),
        change,
    )


def said(images: CaptionedImages) -> str:
    """Say what was read from where, for the start: file, split, images and captions."""
    of_each = Counter(len(captions) for captions in images.captions)
    counts = listing([f"{number:,} with {n}" for n, number in sorted(of_each.items())], 5)
    return (
        f"{images.origin}: {images.split}, {len(images):,} images and "
        f"{sum(map(len, images.captions)):,} captions (images by captions: {counts})"
    )
