"""Streams of two sources without any data."""

from types import SimpleNamespace

from iclip.datasets.source_sampler import SourceSampler

NAMES = ("labelled", "pairs")


def source_streams(labelled: int = 50, pairs: int = 70, **settings: object) -> SourceSampler:
    dataset = SimpleNamespace(source_names=NAMES, source_sizes=(labelled, pairs))
    return SourceSampler(dataset, **{"seed": 0, **settings})
