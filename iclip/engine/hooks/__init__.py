"""What happens around a training iteration: one hook per file, named for what it does."""

from iclip.engine.hooks.atomic_checkpoint import AtomicCheckpoint
from iclip.engine.hooks.clamp_logit_scale import ClampLogitScale
from iclip.engine.hooks.count_decode_errors import CountDecodeErrors
from iclip.engine.hooks.draw_validation import DrawValidation
from iclip.engine.hooks.exact_resume import ExactResume
from iclip.engine.hooks.guard_numbers import GuardNumbers, StopWhenNotFinite
from iclip.engine.hooks.keep_best import KeepBest
from iclip.engine.hooks.log_data_summaries import LogDataSummaries
from iclip.engine.hooks.log_first_steps import LogFirstSteps
from iclip.engine.hooks.log_rank_times import LogRankTimes
from iclip.engine.hooks.log_spikes import LogSpikes
from iclip.engine.hooks.release_annotations import ReleaseAnnotations
from iclip.engine.hooks.save_metrics import SaveMetrics
from iclip.engine.hooks.save_per_class import SavePerClass
from iclip.engine.hooks.seed_each_iteration import SeedEachIteration
from iclip.engine.hooks.share_buffers import ShareBuffers
from iclip.engine.hooks.stop_on_signal import StopOnSignal
from iclip.engine.hooks.stop_without_gradient import StopWithoutGradient
from iclip.engine.hooks.throughput import LogThroughput
from iclip.engine.hooks.watch_ranks import WatchRanks

__all__ = [
    "AtomicCheckpoint",
    "ClampLogitScale",
    "CountDecodeErrors",
    "DrawValidation",
    "ExactResume",
    "GuardNumbers",
    "KeepBest",
    "ReleaseAnnotations",
    "SaveMetrics",
    "SavePerClass",
    "LogDataSummaries",
    "LogFirstSteps",
    "LogSpikes",
    "LogRankTimes",
    "SeedEachIteration",
    "ShareBuffers",
    "StopOnSignal",
    "StopWhenNotFinite",
    "StopWithoutGradient",
    "LogThroughput",
    "WatchRanks",
]
