"""Images per second, temperature, and the number of images that the model has seen."""

import time
from collections import deque
from typing import Any

from mmengine.dist import get_world_size
from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.engine.micro_batches import micro_batches_of
from iclip.engine.unwrap_model import unwrap
from iclip.registry import HOOKS


@HOOKS.register_module(name=["LogThroughput", "Throughput"])
class LogThroughput(Hook):
    """Put ``images_per_second`` (all ranks), ``temperature`` and the learning rates into the log.

    Images per second are averaged over the last ``window`` iterations, with waiting for data and
    without validation. A parameter group whose learning rate has a factor of its own is logged as
    ``lr_<prefix>``. ``samples_seen`` in mmengine's message hub counts images since the start of
    training, through resumes; all ranks have equal shares of a batch.

    Args:
        window: Iterations to average over.
    """

    # It runs after mmengine's RuntimeInfoHook, and before its LoggerHook reads the values.
    priority = "NORMAL"

    def __init__(self, window: int = 50) -> None:
        # Images and seconds of each of the last iterations.
        self.steps: deque[tuple[int, float]] = deque(maxlen=window)

    def before_train_epoch(self, runner: Runner) -> None:
        """Start the clock."""
        self.clock = time.perf_counter()

    def after_val(self, runner: Runner) -> None:
        """Restart the clock, so that the validation does not count."""
        self.clock = time.perf_counter()

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Record this iteration."""
        own = sum(len(batch["inputs"]) for batch in micro_batches_of(data_batch))
        images = own * get_world_size()
        now = time.perf_counter()
        self.steps.append((images, now - self.clock))
        self.clock = now
        hub = runner.message_hub
        hub.update_info("samples_seen", hub.get_info("samples_seen", 0) + images)
        rate = sum(count for count, _ in self.steps) / sum(seconds for _, seconds in self.steps)
        hub.update_scalar("train/images_per_second", rate)
        logit_scale = getattr(unwrap(runner.model), "logit_scale", None)
        if logit_scale is not None:
            # torch's exp gives infinity where Python's raises an OverflowError.
            hub.update_scalar("train/temperature", logit_scale.detach().neg().exp().item())
        for group in runner.optim_wrapper.param_groups:
            prefix = group.get("name", "").rpartition(".")[0]
            if prefix:
                hub.update_scalar(f"train/lr_{prefix}", group["lr"])
