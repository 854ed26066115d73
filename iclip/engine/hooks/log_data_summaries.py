"""What the data sets of a run have read, in its log and its folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.data_summary import DATA_FILE, DataSummary, dump_summaries, load_summaries
from iclip.files.atomic import write_atomically
from iclip.findings import checked_data
from iclip.registry import HOOKS


@HOOKS.register_module(name=["LogDataSummaries", "SayData"])
class LogDataSummaries(Hook):
    """Log one line per data set before a run, and keep the same in ``data.json``.

    A data set is asked if it, or one that it wraps, has a method ``summaries()``, which returns a
    `DataSummary` per name. For the other data sets, the hook keeps what the check before the start
    has read. Every rank logs; the loggers of all ranks but 0 drop what is not an error.
    """

    def before_train(self, runner: Runner) -> None:
        """Log what training and validation have read."""
        self._log(runner, "train", "val")

    def before_test(self, runner: Runner) -> None:
        """Log what the test has read."""
        self._log(runner, "test")

    def _log(self, runner: Runner, *parts: str) -> None:
        found: dict[str, DataSummary] = {}
        for part in parts:
            for name, summary in _summaries(runner, part):
                place = ".".join(filter(None, (part, name)))
                found[place] = summary
                runner.logger.info(f"Data, {place}: {summary}")
        # The check before the start has logged these itself.
        for part in set(parts) & set(checked_data()):
            if not any(place.partition(".")[0] == part for place in found):
                found[part] = checked_data()[part]
        # For the checkpoints' meta.
        runner.message_hub.update_info("data", {place: found[place].as_dict() for place in found})
        if found and is_main_process():
            path = Path(runner.work_dir) / DATA_FILE
            write_atomically(path, dump_summaries({**_earlier(path), **found}))


def _summaries(runner: Runner, part: str) -> Iterator[tuple[str, DataSummary]]:
    """Find the summaries of a part of the run, each with its name within the part."""
    loop: Any = getattr(runner, f"_{part}_loop", None)
    # mmengine builds a loop when it is needed: one that does not run is still a config, or None.
    if hasattr(loop, "dataloaders"):
        for number, loader in enumerate(loop.dataloaders):
            yield from _of_dataset(loader.dataset, str(number))
    elif hasattr(loop, "dataloader"):
        yield from _of_dataset(loop.dataloader.dataset, "")


def _of_dataset(dataset: Any, place: str) -> Iterator[tuple[str, DataSummary]]:
    """Find the summaries of a data set, or else those of the data sets that it wraps."""
    if hasattr(dataset, "summaries"):
        for name, summary in dataset.summaries().items():
            yield ".".join(filter(None, (place, name))), summary
    elif hasattr(dataset, "datasets"):
        for number, part in enumerate(dataset.datasets):
            yield from _of_dataset(part, ".".join(filter(None, (place, str(number)))))
    elif hasattr(dataset, "dataset"):
        yield from _of_dataset(dataset.dataset, place)


def _earlier(path: Path) -> dict[str, DataSummary]:
    """Read what an earlier start has written; a damaged file counts as none."""
    try:
        return load_summaries(path)
    except (OSError, ValueError):
        return {}
