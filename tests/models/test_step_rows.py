import torch

from iclip.models.step_rows import count_rows


def test_one_process_counts_its_own_rows():
    assert count_rows(0, 3, torch.device("cpu")) == ([0], [3])
