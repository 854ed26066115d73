"""Pictures of what the model predicts of a few validation samples, while it trains."""

import io
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, Runner
from mmengine.visualization import LocalVisBackend
from PIL import Image as PillowImage
from torch.utils.data import DataLoader

from iclip.distributed import gather_objects
from iclip.engine.evaluated import is_training
from iclip.engine.validation_picture import draw_panels
from iclip.files.atomic import write_atomically
from iclip.hashing import hash_words
from iclip.messages import first_line
from iclip.panels import Image, Panel, SampleView, ValidatedSample
from iclip.registry import HOOKS, SAMPLE_VIEWS
from iclip.settings import whole_number
from iclip.tasks import task_of

FOLDER = "pictures"
# Mixed into the hash that draws the samples, to draw others than other parts of the hub do.
_PURPOSE = 0x70696374


@HOOKS.register_module()
class DrawValidation(Hook):
    """Draw predictions beside the truth after each validation, for a few fixed samples.

    ``pictures/iter_N.jpg``, or ``epoch_N.jpg`` where the loop counts epochs, shows the same samples
    each time, drawn by a hash of their places in the data set. The predictions are those of the
    validation itself, of the first data set if there are several. TensorBoard and other
    places that the run's visualizer writes to get the picture, too.

    What cannot be drawn is said once, and does not end the training.

    Args:
        count: How many samples.

    Raises:
        ValueError: ``count`` is not a whole number from 1 up.
    """

    def __init__(self, count: int = 6) -> None:
        self.count = whole_number("count of DrawValidation", count)
        self._view: SampleView | None = None
        self._panels: dict[int, list[Panel]] = {}
        self._fault, self._is_told = "", False

    def before_train(self, runner: Runner) -> None:
        """Find out how the task's samples are shown.

        Raises:
            ValueError: No view is known for the config's task.
        """
        SAMPLE_VIEWS.import_from_location()
        views, task = SAMPLE_VIEWS.module_dict, task_of(runner.cfg)
        if task not in views:
            raise ValueError(
                f"custom_hooks has DrawValidation, which draws {', '.join(sorted(views))}; the "
                f"config's task is {task or 'none of them'}. Take the hook out"
            )
        self._view = views[task]

    def before_val_epoch(self, runner: Runner) -> None:
        """Draw the samples, and find out where in this rank's order they come."""
        self._panels, self._order, self._position = {}, [], 0
        if not is_training(runner) or self._view is None:
            return
        self._loader = _first_loader(runner)
        places = np.arange(len(self._loader.dataset), dtype=np.uint64)  # type: ignore[arg-type]
        chosen = hash_words(_PURPOSE, places).argsort(kind="stable")[: self.count]
        self._chosen = frozenset(chosen.tolist())
        self._order = list(chain.from_iterable(self._loader.batch_sampler))  # type: ignore[arg-type]

    def after_val_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Take what the picture needs of the chosen samples."""
        if not self._order or runner.val_loop.dataloader is not self._loader:
            return
        places = self._order[self._position : self._position + len(outputs)]
        self._position += len(outputs)
        for number, place in enumerate(places):
            if place in self._chosen and place not in self._panels:
                self._take(place, data_batch["inputs"][number], outputs[number])

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Draw the picture on rank 0."""
        if self._view is None or not is_training(runner):
            return
        # All ranks come here, whatever happened to their samples.
        gathered = gather_objects((self._panels, self._fault))
        self._panels = {}
        if not is_main_process():
            return
        panels = {place: shown for of_rank, _ in gathered for place, shown in of_rank.items()}
        faults = [fault for _, fault in gathered if fault]
        if panels:
            try:
                self._show(runner, [panels[place] for place in sorted(panels)])
            except Exception as error:  # of matplotlib, the disk, or a place of the visualizer's
                faults.append(_words(error))
        if faults and not self._is_told:
            self._is_told = True
            runner.logger.warning(
                f"Not all pictures of the validation could be drawn ({faults[0]}); the training "
                "goes on"
            )

    def _take(self, place: int, inputs: Any, output: Any) -> None:
        assert self._view is not None
        sample = ValidatedSample(inputs, output, self._loader.dataset, place)
        try:
            self._panels[place] = list(self._view(sample))
        except Exception as error:  # of any data set and model
            self._fault = _words(error)

    def _show(self, runner: Runner, samples: list[list[Panel]]) -> None:
        by_epoch = isinstance(runner.train_loop, EpochBasedTrainLoop)
        step, unit = (runner.epoch, "epoch") if by_epoch else (runner.iter, "iter")
        word = "epoch" if by_epoch else "iteration"
        picture = draw_panels(samples, f"validation after {word} {step:,}")
        write_atomically(Path(runner.work_dir) / FOLDER / f"{unit}_{step}.jpg", _jpeg(picture))
        for backend in runner.visualizer._vis_backends.values():
            # The local one would write the same picture into a folder of its own.
            if not isinstance(backend, LocalVisBackend):
                backend.add_image("validation", picture, step=step)


def _first_loader(runner: Runner) -> DataLoader:
    """Return the loader of the first data set."""
    loop: Any = runner.val_loop
    return getattr(loop, "dataloaders", [loop.dataloader])[0]


def _jpeg(picture: Image) -> bytes:
    file = io.BytesIO()
    PillowImage.fromarray(picture).save(file, "JPEG", quality=90)
    return file.getvalue()


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {first_line(error)}"
