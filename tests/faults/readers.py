"""All readers of images, each as a function from the contents of files to what is seen of them."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image

import iclip.openmmlab  # noqa: F401  (before mmcv)

from iclip.datasets.image_text_pairs import ImageTextPairs  # isort: skip
from iclip.datasets.image_text_table import ImageTextTable  # isort: skip
from iclip.datasets.labelled_images import LabelledImages  # isort: skip
from iclip.datasets.mixed_sources import MixedSources  # isort: skip
from iclip.datasets.readers.class_images import list_classes, open_class_images  # isort: skip
from iclip.datasets.readers.decoding import DecodeError  # isort: skip
from iclip.datasets.retrieval_images import RetrievalImages  # isort: skip
from iclip.datasets.sample_key import SampleKey  # isort: skip
from iclip.datasets.sample_source import SampleSource  # isort: skip
from iclip.datasets.transforms import ResizeCenterCrop  # isort: skip
from iclip.openmmlab.image_files import LoadImageFromFile  # isort: skip
from iclip.predict.input_decoding import read_image  # isort: skip
from iclip.text.class_texts import ClassText, ClassTexts  # isort: skip
from iclip.zeroshot.image_readers import ImageFiles, ImageReader, ImagesByClass  # isort: skip
from iclip.zeroshot.readable_images import DecodedImages  # isort: skip
from iclip.zeroshot.transform import EvaluationTransform  # isort: skip
from tests.faults.images import SIDE, Pixels  # isort: skip
from tests.support.tar_files import write_tar  # isort: skip

CROP = ResizeCenterCrop(SIDE)


class Seen(NamedTuple):
    """What a reader makes of a file.

    Attributes:
        pixels: Those of the file; None if it was left out.
        told: What is said of a file that is left out; names it.
        kind: Under which kind it is counted, where kinds are counted.
        instead: In training, the pixels that took its place.
    """

    pixels: Pixels | None
    told: str = ""
    kind: str | None = None
    instead: Pixels | None = None


def tokenizer(texts: list[str]) -> torch.Tensor:
    return torch.tensor([[len(text)] for text in texts])


def _as_pixels(image: torch.Tensor) -> Pixels:
    return image.permute(1, 2, 0).numpy()  # 3, H, W -> H, W, 3


def name_of(number: int) -> str:
    """An image's name; what is in it need not fit the extension."""
    return f"{number:03d}.jpg"


def in_training(source: SampleSource) -> list[Seen]:
    """Load all samples as a batch of training."""
    place = 0 if isinstance(source, LabelledImages) else 1
    mixed = MixedSources(*((source, None) if place == 0 else (None, source)), max_replacements=99)
    samples = mixed.__getitems__([SampleKey(place, index, 3) for index in range(len(source))])
    return [_seen(sample) for sample in samples]


def _seen(sample: dict[str, Any]) -> Seen:
    pixels = _as_pixels(sample["image"])
    if not sample["decode_errors"]:
        return Seen(pixels)
    failure = sample["decode_errors"][0]
    return Seen(None, failure.message, failure.kind.partition(": ")[2], pixels)


def _as_pixels(image: torch.Tensor) -> Pixels:
    return image.permute(1, 2, 0).numpy()  # 3, H, W -> H, W, 3


def class_texts() -> ClassTexts:
    return ClassTexts([ClassText("n1", ("a",))])


def write_files(contents: Sequence[bytes], folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / name_of(number) for number in range(len(contents))]
    for file, content in zip(files, contents, strict=True):
        file.write_bytes(content)
    return files


def write_members(contents: Sequence[bytes], tar: Path) -> Path:
    return write_tar(tar, {name_of(number): content for number, content in enumerate(contents)})


def _class_folder(contents: Sequence[bytes], folder: Path) -> list[Seen]:
    write_files(contents, folder / "n1")
    return in_training(LabelledImages(folder, class_texts(), CROP))


def _class_tar(contents: Sequence[bytes], folder: Path) -> list[Seen]:
    write_members(contents, folder / "n1.tar")
    return in_training(LabelledImages(folder, class_texts(), CROP))


def _pair_shard(contents: Sequence[bytes], folder: Path) -> list[Seen]:
    members = {}
    for number, content in enumerate(contents):
        members |= {name_of(number): content, f"{number:03d}.txt": b"a"}
    shard = write_tar(folder / "0.tar", members)
    return in_training(ImageTextPairs(str(shard), CROP, tokenizer))


def _pair_table(contents: Sequence[bytes], folder: Path) -> list[Seen]:
    rows = [f"{file.name},a" for file in write_files(contents, folder)]
    (folder / "pairs.csv").write_text("\n".join(["filepath,caption", *rows]))
    return in_training(ImageTextTable(folder / "pairs.csv", CROP, tokenizer))


def _retrieval(contents: Sequence[bytes], folder: Path) -> list[Seen]:
    entries = [
        {"filename": file.name, "split": "test", "sentences": [{"raw": "a"}]}
        for file in write_files(contents, folder)
    ]
    (folder / "k.json").write_text(json.dumps({"images": entries}))
    data = RetrievalImages(folder / "k.json", folder, CROP, tokenizer)

    def see(index: int) -> Seen:
        try:
            return Seen(_as_pixels(data[index]["image"]))
        except DecodeError as error:
            return Seen(None, str(error), error.kind)

    return [see(index) for index in range(len(data))]


def in_evaluation(reader: ImageReader) -> list[Seen]:
    """Decode all images as zero-shot classification, retrieval and the probe do."""
    transform = EvaluationTransform(SIDE, SIDE, (0.0,) * 3, (1.0,) * 3)
    data = DecodedImages(reader, transform)

    def see(index: int) -> Seen:
        decoded = data[index]
        if decoded.image is None:
            assert decoded.unread is not None
            return Seen(None, decoded.unread.reason)
        return Seen(_as_pixels((decoded.image * 255).round().to(torch.uint8)))

    return [see(index) for index in range(len(data))]


def _evaluated_files(contents: Sequence[bytes], folder: Path) -> list[Seen]:
    return in_evaluation(ImageFiles(write_files(contents, folder), folder))


def _evaluated_tar(contents: Sequence[bytes], folder: Path) -> list[Seen]:
    write_members(contents, folder / "n1.tar")
    entries, _ = list_classes(folder, "the folder")
    images = open_class_images(folder, entries)
    return in_evaluation(ImagesByClass(images, len(contents), folder))


def read_downstream(read: Callable[[Path], Any], file: Path) -> Seen:
    """Read a file by a function that returns BGR (H, W, 3)."""
    try:
        pixels = read(file)[..., ::-1]  # BGR -> RGB
    except (ValueError, OSError) as error:
        return Seen(None, str(error))
    return Seen(np.asarray(Image.fromarray(pixels).resize((SIDE, SIDE))))


def _downstream(read: Callable[[Path], Any]) -> Callable[[Sequence[bytes], Path], list[Seen]]:
    return lambda contents, folder: [
        read_downstream(read, file) for file in write_files(contents, folder)
    ]


# By name, a function of the contents of files and an empty folder.
READERS: dict[str, Callable[[Sequence[bytes], Path], list[Seen]]] = {
    "folder of a class": _class_folder,
    "tar of a class": _class_tar,
    "shard of pairs": _pair_shard,
    "table of pairs": _pair_table,
    "retrieval in training": _retrieval,
    "evaluated files": _evaluated_files,
    "evaluated tar": _evaluated_tar,
    "detection and segmentation": _downstream(
        lambda path: LoadImageFromFile()({"img_path": str(path)})["img"]
    ),
    "prediction": _downstream(read_image),
}
