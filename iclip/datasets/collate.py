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
        samples: Each with ``image`` uint8 (3, H, W) and, as far as it has them, ``gt_label``,
            ``token_ids`` (L,) or, for several captions, (k, L), and ``decode_errors``; in the order
            of :mod:`iclip.datasets.sample_key`.

    Returns:
        A dict that always holds ``inputs`` uint8 (B, 3, H, W), ``gt_labels`` int64 (B_c,),
        ``token_ids`` int64 (B_p, L) or (0,) without pairs, and ``decode_errors``, a list. With
        several captions per image it also holds ``caption_counts`` int64 (B,): image b owns the
        next ``caption_counts[b]`` rows of ``token_ids``.
    """
    labels = [sample["gt_label"] for sample in samples if "gt_label" in sample]
    ids = [sample["token_ids"] for sample in samples if "token_ids" in sample]
    # In another order, images would get the labels of other images.
    assert all("gt_label" in sample for sample in samples[: len(labels)])
    batch = {
        "inputs": torch.stack([sample["image"] for sample in samples]),
        "gt_labels": torch.tensor(labels, dtype=torch.int64),
        "token_ids": _stack_ids(ids),
        "decode_errors": [error for sample in samples for error in sample.get("decode_errors", ())],
    }
    if ids and ids[0].ndim == 2:
        batch["caption_counts"] = torch.tensor([len(rows) for rows in ids])
    return batch


def _stack_ids(ids: Sequence[Tensor]) -> Tensor:
    if not ids:
        return torch.empty(0, dtype=torch.int64)
    return torch.cat(list(ids)) if ids[0].ndim == 2 else torch.stack(list(ids))
