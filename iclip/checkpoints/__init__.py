"""Reading checkpoints so that weights either arrive completely or the run stops."""

from iclip.checkpoints.safe_loading import (
    WeightsReport,
    compare_weights,
    load_checkpoint,
    load_model_weights,
)

__all__ = ["load_checkpoint", "load_model_weights", "compare_weights", "WeightsReport"]
