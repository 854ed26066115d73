import torch

from iclip.benchmarks.peers.clip_benchmark_recall import recall


def test_recall_of_a_case_by_hand():
    """Of two images, the second one's text is nearer to the first."""
    images = torch.eye(2)
    texts = torch.tensor([[1.0, 0.0], [0.8, 0.6]])
    found = recall(images, texts, torch.tensor([0, 1]), top_k=(1, 2))
    assert found == {"ir_r1": 50.0, "tr_r1": 100.0, "ir_r2": 100.0, "tr_r2": 100.0}
