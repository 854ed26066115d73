"""Images with several captions each: Karpathy's splits and clip_benchmark's layouts."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from iclip.zeroshot.picture_files import read_picture

CAPTIONS = 5


@dataclass(frozen=True)
class CaptionedImages:
    """A retrieval set.

    Attributes:
        files: One an image.
        captions: Of each image; the protocol takes five, and some of MS-COCO's have more.
        origin: The file that says so.
    """

    files: tuple[Path, ...]
    captions: tuple[tuple[str, ...], ...]
    origin: Path

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Image.Image, int]:
        """A picture and its number."""
        file = self.files[index]
        return read_picture(file, file.name), index


# By data set: folder below the data root, then candidates of (annotations, images below it).
LAYOUTS: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "flickr30k": (
        "flickr30k",
        (
            ("dataset_flickr30k.json", "images"),
            ("flickr30k_test_karpathy.txt", "Images"),
        ),
    ),
    "coco": (
        "coco",
        (
            ("dataset_coco.json", "images"),
            ("annotations/captions_val2014.json", "val2014"),
            ("coco_test_karpathy.json", "val2014"),
        ),
    ),
    "toy": ("toy/retrieval", (("karpathy.json", "images"),)),
}


def open_retrieval_set(name: str, data_root: Path) -> CaptionedImages:
    """Open the test split of a data set, in whichever layout is there.

    Raises:
        FileNotFoundError: No layout is there.
        ValueError: The data set is unknown, the file has another format or an image no caption.
    """
    if name not in LAYOUTS:
        raise ValueError(f"--dataset {name} is unknown; there are {', '.join(LAYOUTS)}")
    folder, candidates = data_root / LAYOUTS[name][0], LAYOUTS[name][1]
    for annotations, images in candidates:
        if (folder / annotations).is_file():
            return read_captions(folder / annotations, folder / images)
    wanted = " or ".join(f"{a} with {i}/" for a, i in candidates)
    raise FileNotFoundError(f"{name}: {folder} should hold {wanted}")


def read_captions(path: Path, images: Path) -> CaptionedImages:
    """Read Karpathy's JSON (its test split), a COCO captions JSON, or clip_benchmark's CSV.

    Raises:
        ValueError: It is none of these, or an image has no caption.
    """
    try:
        if path.suffix == ".txt":
            found = _from_csv(path)
        else:
            content = json.loads(path.read_text(encoding="utf-8"))
            found = _from_coco(content) if "annotations" in content else _from_karpathy(content)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ValueError(
            f"{path} is neither Karpathy's JSON, a COCO captions JSON nor clip_benchmark's CSV "
            f"({type(error).__name__}: {error})"
        ) from error
    silent = [name for name, captions in found.items() if not captions]
    if silent or not found:
        raise ValueError(
            f"{path}: {len(silent)} images have no caption, such as {silent[0]}"
            if silent
            else f"{path} has no image of the test split"
        )
    return CaptionedImages(
        tuple(images / name for name in found),
        tuple(tuple(captions[:CAPTIONS]) for captions in found.values()),
        path,
    )


def _from_karpathy(content: Any) -> dict[str, list[str]]:
    return {
        str(Path(image.get("filepath", ""), image["filename"])): [
            sentence["raw"] for sentence in image["sentences"]
        ]
        for image in content["images"]
        if image["split"] == "test"
    }


def _from_coco(content: Any) -> dict[str, list[str]]:
    names = {image["id"]: image["file_name"] for image in content["images"]}
    found: dict[str, list[str]] = {name: [] for name in names.values()}
    for annotation in content["annotations"]:
        found[names[annotation["image_id"]]].append(annotation["caption"])
    return found


def _from_csv(path: Path) -> dict[str, list[str]]:
    """Lines ``image,caption`` under a header."""
    found: dict[str, list[str]] = {}
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for row in rows:
            found.setdefault(row[0], []).append(row[1])
    return found
