"""Build a model from what a checkpoint says of it, on a machine that lacks the training's files."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor


def without_files(config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> dict[str, Any]:
    """Drop the text tower's files from a model's config; the weights hold what is needed of them.

    Args:
        config: The model's, as a checkpoint's ``meta`` states it.
        weights: The checkpoint's ``state_dict``.
    """
    if not config.get("text_encoder"):
        return dict(config)
    text_encoder = dict(config["text_encoder"])
    if text_encoder.get("vocabulary") is not None:
        text_encoder["vocabulary"] = weights["text_encoder.bpe_ids"].tolist()
    if "name_or_path" in text_encoder:
        text_encoder["name_or_path"] = None
    return {**config, "text_encoder": text_encoder}
