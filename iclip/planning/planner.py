"""Makes plans, in a process of its own (:mod:`iclip.planning.own_process`)."""

import sys

from mmengine.config import Config
from mmengine.utils import import_modules_from_strings

from iclip.engine.saving.disk_space import kept_checkpoints
from iclip.engine.start.global_batch import AUTO, MICRO
from iclip.planning.downstream import DownstreamStep
from iclip.planning.fit import Remedies, largest_fitting
from iclip.planning.plan import Hardware, Plan, Step, needed_gib
from iclip.planning.pretraining import PretrainingStep
from iclip.settings import get_setting
from iclip.tasks import CLASSIFICATION, PRE_TRAINING, task_of


def make_plan(cfg: Config, hardware: Hardware, classes: int | None = None) -> Plan:
    """Plan a training.

    Args:
        cfg: The run's config, with ``micro_batch_size`` and ``global_batch_size`` as wanted.
        hardware: The GPUs.
        classes: Number of classes where the table of class texts is not there.

    Raises:
        ValueError: The batch cannot be divided, or the config is of no task that is known.
    """
    say = _Steps(str(cfg.filename))
    say("the model and its class texts")
    step = _step_of(cfg, classes)
    sizes, traced, tried = step.sizes(hardware.gpus), None, []
    if cfg.get(MICRO) == AUTO:
        found = largest_fitting(step, [*step.smaller(sizes), sizes], hardware.memory_gib, say)
        if found is not None:
            sizes, traced = found
    if traced is None:
        say(f"a step of {sizes.describe('cuda')}")
        traced = step.trace(sizes)
    if needed_gib(traced) > hardware.memory_gib:
        tried = list(Remedies(step, sizes, traced, hardware.memory_gib, say))
    iters = get_setting(cfg, "train_cfg.max_iters")
    return Plan(
        config=str(cfg.filename),
        hardware=hardware,
        sizes=sizes,
        step=traced,
        notes=step.notes,
        max_iters=iters,
        samples=step.samples(sizes),
        kept_checkpoints=kept_checkpoints(get_setting(cfg, "default_hooks.checkpoint", {}), iters),
        remedies=tried,
    )


def find_micro_batch(cfg: Config, gpus: int, memory_gib: float) -> int | None:
    """Find the largest micro-batch of a config that fits; None if none does."""
    step, say = _step_of(cfg, None), _Steps("--micro-batch-size auto")
    sizes = step.sizes(gpus)
    found = largest_fitting(step, [*step.smaller(sizes), sizes], memory_gib, say)
    return None if found is None else found[0].micro_batch_size


def _step_of(cfg: Config, classes: int | None) -> Step:
    # A config's imports happen where it is read, and that was another process.
    import_modules_from_strings(**cfg.get("custom_imports", dict(imports=[])))
    # A classifier is trained by the loop of pre-training.
    if task_of(cfg) in (PRE_TRAINING, CLASSIFICATION):
        return PretrainingStep(cfg, classes)
    return DownstreamStep(cfg)


class _Steps:
    """Says on the error stream what is being traced, which takes seconds each time.

    Args:
        what: What is planned.
    """

    def __init__(self, what: str) -> None:
        self.what = what

    def __call__(self, text: str) -> None:
        print(f"{self.what}: tracing {text}", file=sys.stderr, flush=True)
