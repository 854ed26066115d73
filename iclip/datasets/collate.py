"""From samples to the batch that the models take."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from iclip.registry import FUNCTIONS


@FUNCTIONS.register_module()
def collate_samples(samples: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Stack samples of `MixedSources`, `LabelledImages` or `RetrievalImages` into a batch.

    Args:
        samples: B samples, labelled images first (see :mod:`iclip.datasets.sample_key`). Each has
            an ``image``, uint8 (3, H, W), and may have a ``gt_label``; ``token_ids``, int64 (L,),
            or (k, L) for k captions; ``decode_errors``; and ``read_retries``, how many reads were
            tried again.

    Returns:
        A dict with ``inputs``, uint8 (B, 3, H, W); ``gt_labels`` of the B_c labelled images, int64
        (B_c,); ``token_ids`` of the B_p pairs, int64 (B_p, L), or (0,) without pairs; and
        ``decode_errors``, a list; and ``read_retries``, their sum. With several captions per image,
        ``token_ids`` is (T, L) for the captions of all images one after the other, and
        ``caption_counts``, int64 (B,), holds their number per image.
    """
    labels = [sample["gt_label"] for sample in samples if "gt_label" in sample]
    ids = [sample["token_ids"] for sample in samples if "token_ids" in sample]
    # In another order, images would get the labels of other images.
    assert all("gt_label" in sample for sample in samples[: len(labels)])
    batch = {
        "inputs": torch.stack([sample["image"] for sample in samples]),  # B, 3, H, W
        "gt_labels": torch.tensor(labels, dtype=torch.int64),
        "token_ids": _stack_ids(ids),
        "decode_errors": [error for sample in samples for error in sample.get("decode_errors", ())],
        "read_retries": sum(sample.get("read_retries", 0) for sample in samples),
    }
    if ids and ids[0].ndim == 2:
        batch["caption_counts"] = torch.tensor([len(rows) for rows in ids])
    return batch


def _stack_ids(ids: Sequence[Tensor]) -> Tensor:
    if not ids:
        return torch.empty(0, dtype=torch.int64)
    if ids[0].ndim == 2:
        return torch.cat(list(ids))  # B x (k, L) -> T, L
    return torch.stack(list(ids))  # B_p x (L,) -> B_p, L
