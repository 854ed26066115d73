"""A data loader in steps of the optimizer, from any step on."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from torch.utils.data import DataLoader


class EndlessLoader:
    """An endless data loader that gives the micro-batches of one optimizer step after the other.

    For mmengine, the run is one epoch. All other attributes are those of the data loader itself.

    Args:
        dataloader: A data loader whose batch sampler is endless, such as
            :class:`~iclip.datasets.mixing_batch_sampler.MixingBatchSampler`.
        num_steps: Steps of the whole run.
    """

    def __init__(self, dataloader: DataLoader, num_steps: int) -> None:
        self._dataloader = dataloader
        self._num_steps = num_steps
        # The step at which the sampler has started.
        self._first = 0

    def __len__(self) -> int:
        return self._num_steps

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dataloader, name)

    @property
    def accumulation(self) -> int:
        """Micro-batches per step."""
        return getattr(self._dataloader.batch_sampler, "accumulation", 1)

    @property
    def step_counts(self) -> dict[str, int]:
        """Samples of each source that a step takes over all ranks; empty if not known."""
        return getattr(self._dataloader.batch_sampler, "step_counts", {})

    def step_keys(self, iteration: int) -> list[list[Any]]:
        """Look up the keys of each micro-batch of a step on this rank; empty if not known."""
        sampler: Any = self._dataloader.batch_sampler
        if not hasattr(sampler, "micro_batch"):
            return []
        step = iteration - self._first
        return [sampler.micro_batch(step, number) for number in range(self.accumulation)]

    def steps_from(
        self,
        iteration: int,
        consumed: Mapping[str, int],
        left_out: Mapping[str, Any] | None = None,
    ) -> Iterator[list[Any]]:
        """Yield the micro-batches of each step from an iteration on; the data workers start there.

        Args:
            iteration: The first step.
            consumed: Samples of each source that the steps before it consumed.
            left_out: Positions of each source that are never read; see
                :mod:`iclip.datasets.stream_gaps`.

        Raises:
            ValueError: The sampler cannot start there, or ends before the run does.
        """
        self._first = iteration
        sampler: Any = self._dataloader.batch_sampler
        if hasattr(sampler, "start_after"):
            sampler.start_after(consumed, left_out)
        elif iteration > 0:
            raise ValueError(
                f"train_dataloader.batch_sampler is a {type(sampler).__name__}, which cannot start "
                f"at iteration {iteration}: a run with it cannot be resumed exactly. Use a sampler "
                "with 'start_after', such as MixingBatchSampler"
            )
        batches = iter(self._dataloader)
        while len(step := list(islice(batches, self.accumulation))) == self.accumulation:
            yield step
            iteration += 1
        raise ValueError(
            f"train_dataloader ended after {iteration} of train_cfg.max_iters={len(self)} "
            "iterations; its batch sampler must be endless, such as MixingBatchSampler"
        )
