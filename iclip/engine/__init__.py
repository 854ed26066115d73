"""What the hub adds to mmengine's Runner: exact resume, validation on several data sets, a log."""

from iclip.engine.hooks import (
    AtomicCheckpoint,
    ClampLogitScale,
    CountDecodeErrors,
    ExactResume,
    LogDataSummaries,
    LogThroughput,
    ReleaseAnnotations,
    SaveMetrics,
    SavePerClass,
    SeedEachIteration,
    StopWhenNotFinite,
)
from iclip.engine.log_processor import OneLineLogProcessor
from iclip.engine.optim_wrapper import PrecisionOptimWrapper
from iclip.engine.optim_wrapper_constructor import DecayMatricesOnly
from iclip.engine.train_loop import ResumableTrainLoop
from iclip.engine.val_loop import MultiValLoop

__all__ = [
    "ResumableTrainLoop",
    "MultiValLoop",
    "AtomicCheckpoint",
    "ExactResume",
    "ReleaseAnnotations",
    "SaveMetrics",
    "SavePerClass",
    "LogDataSummaries",
    "SeedEachIteration",
    "StopWhenNotFinite",
    "ClampLogitScale",
    "CountDecodeErrors",
    "LogThroughput",
    "OneLineLogProcessor",
    "PrecisionOptimWrapper",
    "DecayMatricesOnly",
]
