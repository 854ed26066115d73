"""mmengine's training loop, which resumes at the exact sample without reading earlier ones."""

from collections.abc import Iterator
from typing import Any

from mmengine.runner import BaseLoop, IterBasedTrainLoop, Runner
from torch import nn
from torch.utils.data import DataLoader

from iclip.registry import LOOPS


class EndlessLoader:
    """An endless data loader that starts at any iteration; for mmengine, the run is one epoch.

    All other attributes are those of the data loader itself.

    Args:
        dataloader: A data loader whose batch sampler is endless and has an attribute
            ``start_iteration``.
        num_batches: Batches of the whole run.
    """

    def __init__(self, dataloader: DataLoader, num_batches: int) -> None:
        self._dataloader = dataloader
        self._num_batches = num_batches

    def __len__(self) -> int:
        return self._num_batches

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dataloader, name)

    def batches_from(self, iteration: int) -> Iterator[Any]:
        """Yield the batches from an iteration on; the data workers start there.

        Raises:
            ValueError: The sampler cannot start there, or ends before the run does.
        """
        sampler: Any = self._dataloader.batch_sampler
        if hasattr(sampler, "start_iteration"):
            sampler.start_iteration = iteration
        elif iteration > 0:
            raise ValueError(
                f"train_dataloader.batch_sampler is a {type(sampler).__name__}, which cannot start "
                f"at iteration {iteration}: a run with it cannot be resumed exactly. Use a sampler "
                "with 'start_iteration', such as MixingBatchSampler"
            )
        for batch in self._dataloader:
            yield batch
            iteration += 1
        raise ValueError(
            f"train_dataloader ended after {iteration} of train_cfg.max_iters={len(self)} "
            "iterations; its batch sampler must be endless, such as MixingBatchSampler"
        )


@LOOPS.register_module(name=["ResumableTrainLoop", "IterLoop"])
class ResumableTrainLoop(IterBasedTrainLoop):
    """Train for a number of iterations; a resumed run continues with the next sample.

    mmengine's loop reads all data before the resumed iteration again, which takes hours on real
    data. Here, the batch sampler gets its start before the data workers exist, so no sample is read
    twice, also with persistent workers and prefetching.

    A validation that was due at the resumed iteration runs again, as it may not have finished.

    Args:
        runner: The runner.
        dataloader: The data loader or its config; see :class:`EndlessLoader`.
        max_iters: Iterations of the whole run; each is one backward pass, also with accumulation.
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
        for name, value in (("max_iters", max_iters), ("val_interval", val_interval)):
            if not isinstance(value, int | float) or value != int(value) or value < 1:
                raise ValueError(f"train_cfg.{name} is {value}; it takes a whole number from 1 up")
        # Not IterBasedTrainLoop's __init__: it starts the data workers, at sample 0.
        BaseLoop.__init__(self, runner, dataloader)
        self.dataloader = EndlessLoader(self.dataloader, int(max_iters))
        self._max_iters = int(max_iters)
        # The whole run counts as one epoch, as in the parent.
        self._max_epochs = 1
        self._epoch = 0
        self._iter = 0
        self.val_begin = val_begin
        self.val_interval = int(val_interval)
        # mmengine's EarlyStoppingHook sets this attribute.
        self.stop_training = False

    def run(self) -> nn.Module:
        """Train from the current iteration to the last one, and return the model."""
        self.runner.call_hook("before_train")
        self.runner.call_hook("before_train_epoch")
        if self._iter > 0:
            self._validate_if_due()
        batches = self.dataloader.batches_from(self._iter)
        while self._iter < self._max_iters and not self.stop_training:
            self.runner.model.train()
            self.run_iter(next(batches))
            self._validate_if_due()
        self.runner.call_hook("after_train_epoch")
        self.runner.call_hook("after_train")
        return self.runner.model

    def _validate_if_due(self) -> None:
        due = self._iter % self.val_interval == 0 or self._iter == self._max_iters
        if self.runner.val_loop is not None and self._iter >= self.val_begin and due:
            self.runner.val_loop.run()
