"""The same evaluations by clip_benchmark, to compare scores and speed with."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from clip_benchmark.metrics import zeroshot_classification, zeroshot_retrieval
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from iclip.zeroshot.class_folders import LabelledSet
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.image_readers import read_image
from iclip.zeroshot.retrieval_sets import CaptionedImages


class TransformedImages(Dataset[tuple[Tensor, int]]):
    """A data set as clip_benchmark reads it: transformed images, and the classes' names."""

    def __init__(
        self, labelled: LabelledSet, model: ImageTextEmbedder, names: Sequence[str]
    ) -> None:
        self.labelled, self.model, self.classes = labelled, model, names

    def __len__(self) -> int:
        return len(self.labelled)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = read_image(self.labelled.reader, index)
        return self.model.transform(image), int(self.labelled.labels[index])


def classify(
    model: ImageTextEmbedder,
    labelled: LabelledSet,
    names: Sequence[str],
    templates: Sequence[str],
    batch_size: int = 64,
    workers: int = 0,
) -> dict[str, float]:
    """Return clip_benchmark's ``top-1`` and ``mean per class``, in percent.

    Args:
        model: A model on the CPU, in float32.
        labelled: The data set.
        names: Names of the classes.
        templates: Templates, with ``{}`` for the name.
        batch_size: Images at a time.
        workers: Processes that decode.
    """
    # clip_benchmark's templates have {c} for the name.
    read = TransformedImages(labelled, model, names)
    found: dict[str, Any] = zeroshot_classification.evaluate(
        model.network, DataLoader(read, batch_size, num_workers=workers), model.tokenizer,
        list(names), [template.replace("{}", "{c}") for template in templates], "cpu", amp=False,
    )  # fmt: skip
    return {"top-1": 100 * found["acc1"], "mean per class": 100 * found["mean_per_class_recall"]}


def retrieve(
    model: ImageTextEmbedder,
    images: CaptionedImages,
    batch_size: int = 64,
    recall_at: Sequence[int] = (1, 5, 10),
) -> dict[str, float]:
    """Return clip_benchmark's recalls in percent, under our names: ``ir_r1``, ``tr_r1``, ..."""
    found: dict[str, float] = zeroshot_retrieval.evaluate(
        model.network, list(_captioned_batches(model, images, batch_size)), model.tokenizer, "cpu",
        amp=False, recall_k_list=list(recall_at),
    )  # fmt: skip
    ways = {"ir": "image", "tr": "text"}
    return {
        f"{short}_r{k}": 100 * found[f"{way}_retrieval_recall@{k}"]
        for k in recall_at
        for short, way in ways.items()
    }


def _captioned_batches(
    model: ImageTextEmbedder, images: CaptionedImages, batch_size: int
) -> Iterator[tuple[Tensor, list[tuple[str, ...]]]]:
    """Yield images (B, 3, H, W) and each one's captions."""
    for start in range(0, len(images), batch_size):
        rows = range(start, min(start + batch_size, len(images)))
        pixels = torch.stack([model.transform(read_image(images.reader, row)) for row in rows])
        yield pixels, [images.captions[row] for row in rows]
