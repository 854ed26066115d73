"""Keep what a step needs to be run again, when its numbers were not finite."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.runner import Runner

from iclip.distributed import gather_objects, get_rank, get_world_size
from iclip.engine.guard.guarded_step import GuardedStep
from iclip.engine.guard.kept_steps import (
    object_name,
    prune_kept_steps,
    write_kept_step,
    write_weights,
)
from iclip.engine.micro_batches import micro_batches_of
from iclip.engine.saving.checkpoint_meta import describe_run
from iclip.engine.unwrap_model import unwrap
from iclip.messages import listing
from iclip.ranks.phases import during

# How many samples of each rank a message names.
MAX_LISTED = 3


class StepKeeper:
    """Writes the files of `iclip.engine.guard.kept_steps`, as many as are to stay.

    Args:
        keep_steps: Steps whose files stay; 0: none is written.
    """

    def __init__(self, keep_steps: int) -> None:
        self.keep_steps = keep_steps
        # The step kept last.
        self.file: Path | None = None

    def keep(self, runner: Runner, data_batch: Any, step: GuardedStep, in_row: int) -> str:
        """Write this rank's part of a step and, on rank 0, the weights that it found.

        A disk that is full costs the files, and not the training.

        Args:
            runner: The run, in the iteration of the step; its weights are as the step found them.
            data_batch: What hooks get.
            step: What is not finite.
            in_row: The step's number among those in a row, from 1; the first of them is kept.

        Returns:
            Sentences for the log: the ranks' samples, and where the step is kept.
        """
        samples = sample_names(runner, data_batch)
        everyone = gather_objects(listing([n for part in samples for n in part], MAX_LISTED))
        text = ". Samples: " + "; ".join(
            (f"rank {rank}: " if len(everyone) > 1 else "") + (names or "not known")
            for rank, names in enumerate(everyone)
        )
        if not self.keep_steps:
            return text
        if in_row == 1:
            self.file = None
            try:
                with during("keeping a step that was not finite"):
                    self.file = self._write(runner, data_batch, step, samples)
            except OSError as error:
                return f"{text}. The step could not be kept: {error.strerror or error}"
        if self.file is None:
            return text
        which = "it" if in_row == 1 else "the first of them"
        return f"{text}. To run {which} again: iclip replay {self.file}"

    def _write(
        self, runner: Runner, data_batch: Any, step: GuardedStep, samples: list[list[str]]
    ) -> Path:
        work_dir, rank, iteration = Path(runner.work_dir), get_rank(), runner.iter + 1
        content = {
            "iteration": iteration,
            "rank": rank,
            "world_size": get_world_size(),
            "seed": runner.seed,
            "faults": step.faults,
            "losses": dict(step.losses),
            "precision": (runner.cfg.get("optim_wrapper") or {}).get("precision"),
            "samples": samples,
            "keys": [[tuple(key) for key in part] for part in _keys(runner)],
            "batches": micro_batches_of(data_batch),
        }
        path = write_kept_step(work_dir, content)
        if rank == 0:
            meta = {**describe_run(runner), "iter": runner.iter, "seed": runner.seed}
            weights = unwrap(runner.model).state_dict()
            write_weights(work_dir, iteration, {"state_dict": weights, "meta": meta})
        prune_kept_steps(work_dir, self.keep_steps, rank)
        return path


def sample_names(runner: Runner, data_batch: Any) -> list[list[str]]:
    """Name the samples of each micro-batch of this rank, as far as the data set tells."""
    keys = _keys(runner)
    if not keys:
        return [
            [object_name(sample) for sample in batch.get("data_samples") or ()]
            for batch in micro_batches_of(data_batch)
            if isinstance(batch, Mapping)
        ]
    name = getattr(runner.train_loop.dataloader.dataset, "sample_name", None)
    return [
        [name(key) if name else f"source {key.source}, sample {key.index}" for key in part]
        for part in keys
    ]


def _keys(runner: Runner) -> list[list[Any]]:
    """Look up the keys of the step's samples; empty in a loop or for a sampler without them."""
    dataloader: Any = getattr(getattr(runner, "train_loop", None), "dataloader", None)
    return dataloader.step_keys(runner.iter) if hasattr(dataloader, "step_keys") else []
