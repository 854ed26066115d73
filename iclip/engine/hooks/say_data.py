"""What was read, said once at the start and kept beside the run."""

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


@HOOKS.register_module()
class SayData(Hook):
    """Log one line per data set before a run, and keep the same in ``data.json``.

    A data set takes part if it, or one that it wraps, has a method ``summaries()`` that gives
    `DataSummary` by name. Of those that have none, what the check before the start has read is
    kept. Loggers of other processes than the main one pass over what is no error.
    """

    def before_train(self, runner: Runner) -> None:
        """Say what training and validation read."""
        self._say(runner, "train", "val")

    def before_test(self, runner: Runner) -> None:
        """Say what the test reads."""
        self._say(runner, "test")

    def _say(self, runner: Runner, *parts: str) -> None:
        told: dict[str, DataSummary] = {}
        for part in parts:
            for name, summary in _summaries(runner, part):
                place = ".".join(filter(None, (part, name)))
                told[place] = summary
                runner.logger.info(f"Data, {place}: {summary}")
        # The check has logged them itself.
        for place in set(parts) & set(checked_data()):
            if not any(name.partition(".")[0] == place for name in told):
                told[place] = checked_data()[place]
        # For the checkpoints' meta.
        runner.message_hub.update_info("data", {name: told[name].as_dict() for name in told})
        if told and is_main_process():
            path = Path(runner.work_dir) / DATA_FILE
            write_atomically(path, dump_summaries({**_known(path), **told}))


def _summaries(runner: Runner, part: str) -> Iterator[tuple[str, DataSummary]]:
    """Find the data sets of a part of the run, each with its name within the part."""
    loop: Any = getattr(runner, f"_{part}_loop", None)
    # A part that does not run is a config, or None.
    if hasattr(loop, "dataloaders"):
        for number, loader in enumerate(loop.dataloaders):
            yield from _of_dataset(loader.dataset, str(number))
    elif hasattr(loop, "dataloader"):
        yield from _of_dataset(loop.dataloader.dataset, "")


def _of_dataset(dataset: Any, place: str) -> Iterator[tuple[str, DataSummary]]:
    if hasattr(dataset, "summaries"):
        for name, summary in dataset.summaries().items():
            yield ".".join(filter(None, (place, name))), summary
    elif hasattr(dataset, "datasets"):
        for number, part in enumerate(dataset.datasets):
            yield from _of_dataset(part, ".".join(filter(None, (place, str(number)))))
    elif hasattr(dataset, "dataset"):
        yield from _of_dataset(dataset.dataset, place)


def _known(path: Path) -> dict[str, DataSummary]:
    """What an earlier start has told; a damaged record is replaced."""
    try:
        return load_summaries(path)
    except (OSError, ValueError):
        return {}
