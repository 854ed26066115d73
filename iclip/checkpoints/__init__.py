"""Reading checkpoints without running their code; a model gets all weights, or the run stops."""

from iclip.checkpoints.backbone_weights import BackboneWeights, load_backbone, read_backbone
from iclip.checkpoints.finite import are_finite
from iclip.checkpoints.identity import identifying_file
from iclip.checkpoints.integrity import find_damage
from iclip.checkpoints.mmengine_loading import load_from_disk, load_from_hub
from iclip.checkpoints.mmengine_safety import keep_mmengine_safe
from iclip.checkpoints.safe_loading import (
    WeightsReport,
    compare_weights,
    load_checkpoint,
    load_model_weights,
)
from iclip.checkpoints.weight_files import read_tensors, read_weights, weights_exist

__all__ = [
    "BackboneWeights",
    "WeightsReport",
    "compare_weights",
    "are_finite",
    "find_damage",
    "identifying_file",
    "keep_mmengine_safe",
    "load_backbone",
    "load_checkpoint",
    "load_from_disk",
    "load_from_hub",
    "load_model_weights",
    "read_backbone",
    "read_tensors",
    "read_weights",
    "weights_exist",
]
