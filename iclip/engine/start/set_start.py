"""All ranks start a run where the first one says."""

from pathlib import Path

from mmengine.config import Config
from mmengine.logging import print_log

from iclip.distributed import from_rank_0, gather_objects
from iclip.engine.start.resume_point import find_start
from iclip.engine.start.sent_checkpoint import on_this_machine
from iclip.ranks.this_rank import this_rank


def set_start(cfg: Config, resume: str | None, seed: int | None) -> None:
    """Set where a run starts: at a checkpoint, which is checked first, or at the beginning.

    Rank 0 decides. The others start where it does, also on machines that do not share its folder.

    Args:
        cfg: The run's config, with its ``work_dir``.
        resume: See :func:`~iclip.engine.start.resume_point.find_resume_point`.
        seed: The seed that was asked for; None for the checkpoint's.

    Raises:
        ValueError: See :func:`~iclip.engine.start.resume_point.find_resume_point`.
        OSError: There is no such file.
    """
    work_dir = Path(cfg.work_dir)
    # Only the machine whose process has failed counts a restart.
    restarted = any(gather_objects(this_rank().restarts > 0))
    start = from_rank_0(lambda: find_start(work_dir, resume, restarted))
    cfg.resume = start is not None
    if start is not None:
        cfg.load_from = str(on_this_machine(start.checkpoint, work_dir))
        if seed is None and start.seed is not None:
            cfg.randomness["seed"] = start.seed
    elif resume is not None:
        told = f"{cfg.work_dir} holds no checkpoint yet: starting at iteration 0"
        print_log(told, logger="current")
