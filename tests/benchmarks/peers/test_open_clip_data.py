"""open_clip's pipeline gives batches without end, epoch after epoch."""

import sys
from pathlib import Path

import torch

from iclip.benchmarks.inputs.shards import write_shards
from iclip.benchmarks.peers.open_clip_data import OpenClipLoader


def test_batches_are_crops_and_token_ids_beyond_an_epoch(tmp_path: Path):
    had_pandas = "pandas" in sys.modules
    shards = write_shards(tmp_path, 2, 4)
    loader = OpenClipLoader(shards, 8, 4, workers=0, side=32, scale=(0.5, 1.0))
    batches = loader.batches()
    for _ in range(3):  # an epoch has two
        images, ids = next(batches)
        assert images.shape == (4, 3, 32, 32) and images.dtype == torch.float32
        assert ids.shape == (4, 77) and ids.dtype == torch.int64
    assert ("pandas" in sys.modules) == had_pandas
