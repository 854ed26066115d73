"""Images that cannot be decoded are counted over all ranks, shown, and limited."""

from collections import Counter
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.distributed import gather_objects
from iclip.engine.micro_batches import micro_batches_of
from iclip.registry import HOOKS


@HOOKS.register_module()
class CountDecodeErrors(Hook):
    """Count the batches' ``decode_errors``, show the first ones, stop the run above a limit.

    The data set replaces a damaged sample by a readable one and adds the error to the batch's list
    ``decode_errors``. A few are normal on web data; many mean a wrong path or a bad download. The
    totals are given per ``kind``, an attribute that errors may have.

    Args:
        max_fraction: The run stops when a larger fraction of the samples was damaged.
        grace: Least number of samples that the fraction is taken of, so that one damaged sample in
            the first batch does not stop the run.
        show: Number of errors that are logged in full; later ones are only counted.
        interval: Iterations between two exchanges of the counts between the ranks.
    """

    priority = "NORMAL"

    def __init__(
        self,
        max_fraction: float = 0.01,
        grace: int = 1000,
        show: int = 20,
        interval: int = 10,
    ) -> None:
        if not 0 <= max_fraction <= 1:
            raise ValueError(
                f"CountDecodeErrors.max_fraction is {max_fraction}; it takes a fraction from 0 to 1"
            )
        self.max_fraction = max_fraction
        self.grace = grace
        self.show = show
        self.interval = interval
        self.new_errors: list[Any] = []
        self.new_samples = 0

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Count this rank's errors; every ``interval`` iterations, add up all ranks'."""
        for batch in micro_batches_of(data_batch):
            self.new_errors += batch.get("decode_errors", [])
            self.new_samples += len(batch["inputs"])
        if self.every_n_train_iters(runner, self.interval) or self.is_last_train_iter(runner):
            self._exchange(runner)

    def after_train(self, runner: Runner) -> None:
        """Log the total."""
        errors, samples = self._totals(runner)
        kinds = _by_kind(Counter(runner.message_hub.get_info("decode_error_kinds", {})))
        runner.logger.info(f"Decode errors: {errors:,} in {samples:,} samples{kinds}")

    def _exchange(self, runner: Runner) -> None:
        # Only the first messages are sent: a broken disk must not flood the network.
        kinds = Counter(getattr(error, "kind", "of no kind") for error in self.new_errors)
        shown = [str(error) for error in self.new_errors[: self.show]]
        # One tuple per rank.
        everyone = gather_objects((kinds, shown, self.new_samples))
        self.new_errors, self.new_samples = [], 0
        errors, samples = self._totals(runner)
        if is_main_process():
            self._print(runner, errors, [text for _, texts, _ in everyone for text in texts])
        total_kinds = Counter(runner.message_hub.get_info("decode_error_kinds", {}))
        for counts, _, _ in everyone:
            errors += sum(counts.values())
            total_kinds.update(counts)
        samples += sum(count for _, _, count in everyone)
        # Checkpoints hold the message hub, so the counts survive a resume.
        runner.message_hub.update_info("decode_errors", (errors, samples))
        runner.message_hub.update_info("decode_error_kinds", dict(total_kinds))
        runner.message_hub.update_scalar("train/decode_errors", errors)
        if errors > self.max_fraction * max(samples, self.grace):
            last = next((texts[-1] for _, texts, _ in everyone if texts), "see the log")
            raise ValueError(
                f"{errors:,} of {samples:,} samples could not be decoded{_by_kind(total_kinds)}, "
                f"more than CountDecodeErrors.max_fraction={self.max_fraction:g} allows. The last "
                f"one: {last}. Repair the data, or raise the limit if that many are expected"
            )

    def _print(self, runner: Runner, shown_before: int, texts: list[str]) -> None:
        for number, text in enumerate(texts, start=shown_before + 1):
            if number <= self.show:
                runner.logger.warning(f"Decode error {number}: {text}")
            if number == self.show:
                runner.logger.warning("Further decode errors are counted without being shown")

    @staticmethod
    def _totals(runner: Runner) -> tuple[int, int]:
        """Return errors and samples, over all ranks, since the start of training."""
        return tuple(runner.message_hub.get_info("decode_errors", (0, 0)))


def _by_kind(kinds: Counter[str]) -> str:
    """Format counts: `` (12 pairs: not an image, 3 labelled: missing file)``; empty if none."""
    if not kinds:
        return ""
    return f" ({', '.join(f'{count:,} {kind}' for kind, count in kinds.most_common())})"
