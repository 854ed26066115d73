"""What the hub adds to mmengine's Runner: exact resume, validation on several data sets, a log."""

# Registers the hooks.
from iclip.engine import hooks
from iclip.engine.layer_decay import LayerDecay
from iclip.engine.log_processor import OneLineLogProcessor
from iclip.engine.optim_wrapper import PrecisionOptimWrapper
from iclip.engine.optim_wrapper_constructor import DecayMatricesOnly
from iclip.engine.train_loop import ResumableTrainLoop
from iclip.engine.val_loop import MultiValLoop

__all__ = [
    "hooks",
    "ResumableTrainLoop",
    "MultiValLoop",
    "OneLineLogProcessor",
    "PrecisionOptimWrapper",
    "DecayMatricesOnly",
    "LayerDecay",
]
