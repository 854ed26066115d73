"""A framework's model, built from its config with all of its weights, and asked for predictions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import MODELS, DefaultScope
from torch import Tensor, nn

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.checkpoints import load_model_weights

# Where the frameworks' models keep the head that knows the classes. Where that is a list of stages,
# the last one counts.
_HEADS = (
    "roi_head.bbox_head", "bbox_head", "panoptic_head", "mask_head", "decode_head", "cls_head",
)  # fmt: skip


@dataclass(frozen=True)
class StoredModel:
    """A model as its file keeps it, and where it is to compute.

    Attributes:
        cfg: Config of one of the frameworks; its backbone takes no weights of its own.
        weights: All of the model's tensors by name.
        meta: What the file says of them: ``dataset_meta`` may name the classes and their colors.
        device: ``cpu`` or ``cuda``.
        place: The weights' file, for messages.
    """

    cfg: Config
    weights: Mapping[str, Tensor]
    meta: Mapping[str, Any]
    device: str
    place: object


class Network:
    """A model in evaluation, with the transforms of its test data.

    Args:
        stored: The model.
        pipeline: Settings of the transforms, see :mod:`iclip.openmmlab.predict.input_pipeline`.

    Raises:
        ValueError: The weights do not fit the model.
    """

    def __init__(self, stored: StoredModel, pipeline: Sequence[Mapping[str, Any]]) -> None:
        # The frameworks' own inferencers change the scope of the whole process.
        self._scope = stored.cfg.default_scope
        with DefaultScope.overwrite_default_scope(self._scope):
            self.model: Any = revert_sync_batchnorm(MODELS.build(stored.cfg.model))
            self._pipeline = Compose(list(pipeline))
        try:
            load_model_weights(self.model, stored.weights)
        except ValueError as error:
            raise ValueError(f"{stored.place} does not fit the config: {error}") from error
        self.model.to(stored.device).eval()

    @torch.no_grad()
    def __call__(self, inputs: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Predict on inputs of the transforms; return a sample of the framework's each.

        What the model would pad to a common size is computed apart: padding changes predictions.
        """
        with DefaultScope.overwrite_default_scope(self._scope):
            packed = [self._pipeline(dict(entry)) for entry in inputs]
            by_shape: dict[Any, list[int]] = {}
            for place, entry in enumerate(packed):
                by_shape.setdefault(tuple(entry["inputs"].shape), []).append(place)
            found: list[Any] = [None] * len(packed)
            for places in by_shape.values():
                samples = self.model.test_step(pseudo_collate([packed[place] for place in places]))
                for place, sample in zip(places, samples, strict=True):
                    found[place] = sample
        return found


def number_of_classes(model: nn.Module) -> int:
    """Find the number of classes of a model of one of the frameworks.

    Raises:
        ValueError: None of the model's heads has it.
    """
    for place in _HEADS:
        head: Any = model
        for name in place.split("."):
            head = getattr(head, name, None)
        head = head[-1] if isinstance(head, nn.ModuleList) else head
        count = getattr(head, "num_classes", None)
        if isinstance(count, int):
            return count
    raise ValueError(
        f"model.type={type(model).__name__!r} says its number of classes in none of "
        f"{', '.join(_HEADS)}; tools/predict.py cannot name what it predicts"
    )
