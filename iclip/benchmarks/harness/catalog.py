"""The sub-commands of tools/benchmark.py, each imported only when it is asked for."""

import importlib

from iclip.benchmarks.harness.measurement import Measurement

# By name: the class in iclip/benchmarks/measurements/<module>, and what it measures.
MEASUREMENTS: dict[str, tuple[str, str]] = {
    "step": ("step:Step", "the training step beside open_clip's: images/s, memory"),
    "classes": ("classes:Classes", "all class texts, against the padded pass of before"),
    "accumulation": ("accumulation:Accumulation", "a step over micro-batches, against before"),
    "contrastive": ("contrastive:Contrastive", "the contrastive loss beside open_clip's"),
    "data": ("data:Data", "shards to batches, beside open_clip's pipeline and decoding alone"),
    "index": ("index:Index", "indexing shards from a cold disk, against before"),
    "order": ("order:Order", "the orders of reading: files opened, shards per step; computed"),
    "guards": ("guards:Guards", "an iteration of training with and without its guards"),
    "backbone": ("backbone:Backbone", "Swin for images beside mmdet's: time, memory"),
    "video": ("video:Video", "Video Swin beside mmaction's: time, memory"),
    "zeroshot": ("zeroshot:ZeroShot", "zero-shot classification beside clip_benchmark's: images/s"),
    "retrieval": ("retrieval:Retrieval", "recall of retrieval beside clip_benchmark's"),
    "lvis": ("lvis:Lvis", "LVIS's box AP beside the authors' own"),
    "layouts": ("layouts:Layouts", "exports in all layouts: tensors that load, equal maps"),
    "parity": ("parity:Parity", "scores of one model beside clip_benchmark's"),
    "gpu": ("gpu:Gpu", "everything that only a GPU can tell, in one run"),
}


def load_measurement(name: str) -> Measurement:
    """Import and build a measurement, and nothing of the others, which may lack a package."""
    module, _, cls = MEASUREMENTS[name][0].partition(":")
    return getattr(importlib.import_module(f"iclip.benchmarks.measurements.{module}"), cls)()
