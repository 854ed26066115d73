"""Images that cannot be decoded are counted over all ranks, shown, and limited."""

from collections import Counter
from collections.abc import Sequence
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
    totals are given per ``kind``, an attribute that errors may have. Of errors with the same
    ``file``, one that cannot be read at all, the first is shown. ``read_retries`` of the batches,
    reads that were tried again, are added up and limit nothing.

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
        self.new_retries = 0
        self.named_files: set[str] = set()

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Count this rank's errors; every ``interval`` iterations, add up all ranks'."""
        for batch in micro_batches_of(data_batch):
            self.new_errors += batch.get("decode_errors", [])
            self.new_samples += len(batch["inputs"])
            self.new_retries += batch.get("read_retries", 0)
        if self.every_n_train_iters(runner, self.interval) or self.is_last_train_iter(runner):
            self._exchange(runner)

    def after_train(self, runner: Runner) -> None:
        """Log the total."""
        errors, samples = self._totals(runner)
        kinds = _by_kind(Counter(runner.message_hub.get_info("decode_error_kinds", {})))
        runner.logger.info(f"Decode errors: {errors:,} in {samples:,} samples{kinds}")
        retries = runner.message_hub.get_info("read_retries", 0)
        if retries:
            runner.logger.info(f"Reads tried again after an error that passed: {retries:,}")

    def _exchange(self, runner: Runner) -> None:
        kinds = Counter(getattr(error, "kind", "of no kind") for error in self.new_errors)
        # Only the first errors are sent: a broken disk must not flood the network.
        shown = self._without_named_files(self.new_errors)[: self.show]
        # One tuple per rank.
        everyone = gather_objects((kinds, shown, self.new_samples, self.new_retries))
        self.new_errors, self.new_samples, self.new_retries = [], 0, 0
        errors, samples = self._totals(runner)
        if is_main_process():
            everything = [error for _, shown, _, _ in everyone for error in shown]
            self._print(runner, self._without_named_files(everything))
        self.named_files |= {_file(error) for _, shown, _, _ in everyone for error in shown} - {""}
        total_kinds = Counter(runner.message_hub.get_info("decode_error_kinds", {}))
        for counts, *_ in everyone:
            errors += sum(counts.values())
            total_kinds.update(counts)
        samples += sum(count for _, _, count, _ in everyone)
        retries = runner.message_hub.get_info("read_retries", 0)
        runner.message_hub.update_info("read_retries", retries + sum(n for *_, n in everyone))
        # Checkpoints hold the message hub, so the counts survive a resume.
        runner.message_hub.update_info("decode_errors", (errors, samples))
        runner.message_hub.update_info("decode_error_kinds", dict(total_kinds))
        runner.message_hub.update_scalar("train/decode_errors", errors)
        if errors > self.max_fraction * max(samples, self.grace):
            last = next((shown[-1] for _, shown, _, _ in everyone if shown), "see the log")
            raise ValueError(
                f"{errors:,} of {samples:,} samples could not be decoded{_by_kind(total_kinds)}, "
                f"more than CountDecodeErrors.max_fraction={self.max_fraction:g} allows. The last "
                f"one: {last}. Repair the data, or raise the limit if that many are expected"
            )

    def _without_named_files(self, errors: Sequence[Any]) -> list[Any]:
        """Return the errors without those of a file that was named, by an earlier one or before."""
        named, kept = set(self.named_files), []
        for error in errors:
            if _file(error) not in named:
                kept.append(error)
                named |= {_file(error)} - {""}
        return kept

    def _print(self, runner: Runner, errors: Sequence[Any]) -> None:
        # Counted in the message hub, so that a resumed run does not begin anew.
        number = runner.message_hub.get_info("decode_errors_shown", 0)
        for error in errors[: self.show - number]:
            number += 1
            runner.logger.warning(f"Decode error {number}: {error}")
            if number == self.show:
                runner.logger.warning("Further decode errors are counted without being shown")
        runner.message_hub.update_info("decode_errors_shown", number)

    @staticmethod
    def _totals(runner: Runner) -> tuple[int, int]:
        """Return errors and samples, over all ranks, since the start of training."""
        return tuple(runner.message_hub.get_info("decode_errors", (0, 0)))


def _file(error: Any) -> str:
    """Return the file that an error is about as a whole; empty for a damaged sample."""
    return getattr(error, "file", "")


def _by_kind(kinds: Counter[str]) -> str:
    """Format counts: `` (12 pairs: not an image, 3 labelled: missing file)``; empty if none."""
    if not kinds:
        return ""
    return f" ({', '.join(f'{count:,} {kind}' for kind, count in kinds.most_common())})"
