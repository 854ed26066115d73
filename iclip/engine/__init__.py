"""What the hub adds to mmengine's Runner: exact resume, validation on several sets, a log."""

from iclip.engine.hooks import (
    AtomicCheckpoint,
    ClampLogitScale,
    CountDecodeErrors,
    ExactResume,
    ReleaseAnnotations,
    SaveMetrics,
    SavePerClass,
    SayData,
    SeedEachIteration,
    StopWhenNotFinite,
    Throughput,
)
from iclip.engine.log_processor import TrainingLine
from iclip.engine.optim_wrapper import PrecisionOptimWrapper
from iclip.engine.optim_wrapper_constructor import DecayMatricesOnly
from iclip.engine.train_loop import IterLoop
from iclip.engine.val_loop import MultiValLoop

__all__ = [
    "IterLoop",
    "MultiValLoop",
    "AtomicCheckpoint",
    "ExactResume",
    "ReleaseAnnotations",
    "SaveMetrics",
    "SavePerClass",
    "SayData",
    "SeedEachIteration",
    "StopWhenNotFinite",
    "ClampLogitScale",
    "CountDecodeErrors",
    "Throughput",
    "TrainingLine",
    "PrecisionOptimWrapper",
    "DecayMatricesOnly",
]
