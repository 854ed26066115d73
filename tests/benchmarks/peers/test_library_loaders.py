from iclip.benchmarks.peers.library_loaders import Export
from iclip.checkpoints.weight_files import read_tensors
from tests.benchmarks.peers.small_swin import TENSORS


def test_no_weight_stays_at_zero_or_one(exports: dict[str, Export]):
    weights = {n: t for n, t in read_tensors(exports["iclip"].file)[0].items() if "backbone." in n}
    assert len(weights) == TENSORS
    assert all(len(tensor.unique()) > len(tensor) / 2 for tensor in weights.values())
