"""Hooks see one batch or several in one way."""

from iclip.engine.micro_batches import micro_batches_of


def test_single_batch_is_one_micro_batch():
    batch = {"inputs": [1, 2]}
    assert list(micro_batches_of(batch)) == [batch]


def test_micro_batches_are_themselves():
    batches = [{"inputs": [1]}, {"inputs": [2]}]
    assert list(micro_batches_of(batches)) == batches
