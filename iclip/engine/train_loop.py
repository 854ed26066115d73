"""mmengine's training loop, in optimizer steps; it resumes at the exact sample."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmengine.runner import BaseLoop, IterBasedTrainLoop, Runner
from torch import nn
from torch.utils.data import DataLoader

from iclip.distributed import get_world_size, mean_over_ranks
from iclip.engine.batch_statistics import batch_statistics_note
from iclip.engine.endless_loader import EndlessLoader
from iclip.engine.guard.rollback import roll_back
from iclip.engine.unwrap_model import unwrap
from iclip.registry import LOOPS
from iclip.settings import whole_number

# What the message hub calls the samples of each source that a run has consumed.
SAMPLES_CONSUMED = "samples_consumed"
# And the positions of each source's stream that it leaves out (iclip.datasets.stream_gaps).
LEFT_OUT = "left_out"


@LOOPS.register_module(name=["ResumableTrainLoop", "IterLoop"])
class ResumableTrainLoop(IterBasedTrainLoop):
    """Train for a number of iterations; a resumed run continues with the next sample.

    An iteration is a step of the optimizer, of one or several micro-batches per rank. Schedules,
    log, validation and checkpoints count iterations. Hooks get the batch of an iteration, or the
    list of its micro-batches (:mod:`iclip.engine.micro_batches`).

    mmengine's loop reads all data before the resumed iteration again, which takes hours on real
    data. Here, checkpoints hold how many samples of each source were consumed, and the batch
    sampler starts after them: with any number of ranks, micro-batches and samples per step. It gets
    its start before the data workers exist, so no sample is read twice, also with persistent
    workers and prefetching.

    A validation that was due at the resumed iteration runs again, as it may not have finished.

    A hook may set ``return_to``, a checkpoint of the run, in ``after_train_iter``: the run goes on
    from there, as after a resume, and leaves out the samples of the iteration just done. Their
    positions in the streams are in later checkpoints. What follows equals, to the bit, a run that
    never saw these samples.

    Args:
        runner: The runner.
        dataloader: The data loader or its config; see `EndlessLoader`.
        max_iters: Iterations of the whole run.
        val_begin: The first iteration after which validation may run.
        val_interval: Iterations between validations; one always follows the last iteration.

    Raises:
        ValueError: ``max_iters`` or ``val_interval`` is not a whole number from 1 up.
    """

    # An EndlessLoader; mmengine's hooks take it for the DataLoader that its class promises.
    dataloader: Any

    def __init__(
        self,
        runner: Runner,
        dataloader: DataLoader | dict[str, Any],
        max_iters: int,
        val_begin: int = 1,
        val_interval: int = 1000,
    ) -> None:
        max_iters = whole_number("train_cfg.max_iters", max_iters)
        val_interval = whole_number("train_cfg.val_interval", val_interval)
        # Not IterBasedTrainLoop's __init__: it starts the data workers, at sample 0.
        BaseLoop.__init__(self, runner, dataloader)
        self.dataloader = EndlessLoader(self.dataloader, max_iters)
        self._max_iters = max_iters
        # The whole run counts as one epoch, as in the parent.
        self._max_epochs = 1
        self._epoch = 0
        self._iter = 0
        self.val_begin = val_begin
        self.val_interval = val_interval
        # mmengine's EarlyStoppingHook sets this attribute.
        self.stop_training = False
        self.return_to: Path | None = None

    def run(self) -> nn.Module:
        """Train from the current iteration to the last one, and return the model."""
        self.runner.call_hook("before_train")
        self.runner.call_hook("before_train_epoch")
        if self._iter > 0:
            self._validate_if_due()
        self._consumed = self._consumed_before()
        note = batch_statistics_note(
            unwrap(self.runner.model), get_world_size(), self.dataloader.accumulation
        )
        if note is not None:
            self.runner.logger.warning(note)
        steps = self._steps()
        while self._iter < self._max_iters and not self.stop_training:
            self.runner.model.train()
            self.run_iter(next(steps))
            if self.return_to is not None:
                steps = self._return(self.return_to)
            else:
                self._validate_if_due()
        self.runner.call_hook("after_train_epoch")
        self.runner.call_hook("after_train")
        return self.runner.model

    def run_iter(self, data_batch: Any) -> None:
        """Take a step of the optimizer.

        Args:
            data_batch: The step's micro-batches on this rank, a list.
        """
        # Hooks of other libraries know batches, so they get one where there is only one.
        shown = data_batch[0] if len(data_batch) == 1 else data_batch
        self.runner.call_hook("before_train_iter", batch_idx=self._iter, data_batch=shown)
        outputs = self._take_step(data_batch)
        for name, count in self.dataloader.step_counts.items():
            self._consumed[name] += count
        # Checkpoints hold the message hub.
        self.runner.message_hub.update_info(SAMPLES_CONSUMED, dict(self._consumed))
        self.runner.call_hook(
            "after_train_iter", batch_idx=self._iter, data_batch=shown, outputs=outputs
        )
        self._iter += 1

    def _steps(self) -> Iterator[list[Any]]:
        """Start the data workers at the current iteration."""
        left_out = self.runner.message_hub.get_info(LEFT_OUT) if self._iter > 0 else None
        return self.dataloader.steps_from(self._iter, self._consumed, left_out)

    def _return(self, checkpoint: Path) -> Iterator[list[Any]]:
        """Go back to a checkpoint, and leave out the samples of the step that was last.

        Returns:
            The steps from there on.
        """
        counts = self.dataloader.step_counts
        before = {name: self._consumed[name] - count for name, count in counts.items()}
        left_out = self.dataloader.batch_sampler.leave_out(before)
        roll_back(self.runner, checkpoint)
        self.runner.message_hub.update_info(LEFT_OUT, left_out)
        self.return_to = None
        self._consumed = self._consumed_before()
        return self._steps()

    def _take_step(self, micro_batches: list[Any]) -> dict[str, Any]:
        # Not above: the help of a command would wait for all models.
        from iclip.models.step import train_step

        outputs = train_step(self.runner.model, micro_batches, self.runner.optim_wrapper)
        # The log shows rank 0's values.
        return mean_over_ranks(outputs)

    def _consumed_before(self) -> dict[str, int]:
        """Look up how many samples of each source earlier iterations have consumed."""
        step_counts = self.dataloader.step_counts
        hub = self.runner.message_hub
        known = hub.get_info(SAMPLES_CONSUMED) if self._iter > 0 else None
        if known is not None:
            return {name: known.get(name, 0) for name in step_counts}
        # Checkpoints of earlier versions hold the samples of all sources together, at most.
        step = sum(step_counts.values())
        seen = (hub.get_info("samples_seen") or self._iter * step) if self._iter > 0 else 0
        return {name: seen * count // step for name, count in step_counts.items()}

    def step_facts(self) -> dict[str, Any]:
        """Return what all ranks have to agree on about the steps, by name, for a message."""
        return {
            "the micro-batch": getattr(self.dataloader.batch_sampler, "batch_size", None),
            "the number of micro-batches per step": self.dataloader.accumulation,
            "the number of samples consumed": self._consumed_before(),
        }

    def _validate_if_due(self) -> None:
        due = self._iter % self.val_interval == 0 or self._iter == self._max_iters
        if self.runner.val_loop is not None and self._iter >= self.val_begin and due:
            self.runner.val_loop.run()
