"""Scores of one model by the hub and by clip_benchmark, on the same images, names and templates."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from iclip.benchmarks.peers import clip_benchmark as peer
from iclip.zeroshot.cached_embeddings import embed
from iclip.zeroshot.classification import evaluate_set
from iclip.zeroshot.classification_sets import ImageSet
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.retrieval import evaluate_retrieval
from iclip.zeroshot.retrieval_sets import CaptionedImages

ROUNDING = 1e-4  # largest difference that rounding explains, in percent


@dataclass(frozen=True)
class ComparedScore:
    """One score, computed by the hub and by clip_benchmark.

    Attributes:
        name: Name of the data set.
        metric: Name of the metric.
        images: Number of images.
        ours: The hub's, in percent.
        theirs: clip_benchmark's, in percent.
    """

    name: str
    metric: str
    images: int
    ours: float
    theirs: float

    @property
    def differs(self) -> bool:
        """Whether the difference is more than rounding."""
        return abs(self.ours - self.theirs) > ROUNDING


def compare_classification(
    model: ImageTextEmbedder, name: str, images: ImageSet
) -> Iterator[ComparedScore]:
    """Yield top-1 and mean per class; nothing for 11-point mAP, which clip_benchmark lacks."""
    if images.metric == "11-point mAP":
        return
    names = [text.names[0] for text in images.class_texts]
    theirs = peer.classify(model, images.labelled, names, images.templates)
    with tempfile.TemporaryDirectory() as cache:
        found = embed(model, images.reader, Path(cache))
    for metric, value in theirs.items():
        ours = evaluate_set(model, replace(images, metric=metric), found, variant="name")
        yield ComparedScore(name, metric, len(found.numbers), ours.score, value)


def compare_retrieval(
    model: ImageTextEmbedder, name: str, captioned: CaptionedImages
) -> Iterator[ComparedScore]:
    """Yield the recalls of a retrieval set."""
    with tempfile.TemporaryDirectory() as cache:
        found = embed(model, captioned.reader, Path(cache))
    recall = evaluate_retrieval(model, captioned, found).short_scores
    for metric, value in peer.retrieve(model, captioned).items():
        yield ComparedScore(f"{name} retrieval", metric, len(captioned), recall[metric], value)
