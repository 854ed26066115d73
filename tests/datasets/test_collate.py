from typing import Any

import pytest
import torch

from iclip.datasets.collate import collate_samples


def image(value: int) -> torch.Tensor:
    return torch.full((3, 2, 4), value, dtype=torch.uint8)


def labelled(value: int, **more: Any) -> dict[str, Any]:
    return {"image": image(value), "gt_label": value, **more}


def pair(value: int, **more: Any) -> dict[str, Any]:
    return {"image": image(value), "token_ids": torch.full((5,), value), **more}


def test_mixed_batch_holds_labelled_images_first() -> None:
    batch = collate_samples([labelled(1), labelled(2), pair(3), pair(4), pair(5)])
    assert batch["inputs"].shape == (5, 3, 2, 4) and batch["inputs"].dtype == torch.uint8
    assert batch["inputs"][:, 0, 0, 0].tolist() == [1, 2, 3, 4, 5]
    assert batch["gt_labels"].tolist() == [1, 2] and batch["gt_labels"].dtype == torch.int64
    assert batch["token_ids"].shape == (3, 5) and batch["token_ids"][:, 0].tolist() == [3, 4, 5]
    assert batch["token_ids"].dtype == torch.int64
    assert batch["decode_errors"] == [] and "caption_counts" not in batch


@pytest.mark.parametrize(
    ("samples", "empty"), [([labelled(1)], "token_ids"), ([pair(1)], "gt_labels")]
)
def test_absent_source_leaves_an_empty_tensor(samples: list[dict[str, Any]], empty: str) -> None:
    batch = collate_samples(samples)
    assert batch[empty].shape == (0,) and batch[empty].dtype == torch.int64


def test_decode_errors_are_gathered() -> None:
    samples = [labelled(1, decode_errors=["a", "b"]), labelled(2), pair(3, decode_errors=["c"])]
    assert collate_samples(samples)["decode_errors"] == ["a", "b", "c"]


def test_captions_of_retrieval_are_counted() -> None:
    samples = [
        {"image": image(i), "token_ids": torch.full((n, 5), i)} for i, n in enumerate((2, 1, 3))
    ]
    batch = collate_samples(samples)
    assert batch["caption_counts"].tolist() == [2, 1, 3]
    assert batch["token_ids"][:, 0].tolist() == [0, 0, 1, 2, 2, 2]


def test_batch_is_contiguous() -> None:
    assert collate_samples([labelled(1), labelled(2)])["inputs"].is_contiguous()


def test_reads_that_were_tried_again_are_added_up() -> None:
    samples = [labelled(1, read_retries=2), pair(3, read_retries=3), pair(4)]
    assert collate_samples(samples)["read_retries"] == 5
