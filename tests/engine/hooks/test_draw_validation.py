"""Pictures of a validation: which samples, in which file, and what happens where drawing fails."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.dataset import DefaultSampler
from mmengine.visualization import LocalVisBackend
from PIL import Image
from torch.utils.data import DataLoader

from iclip.engine.hooks import DrawValidation, draw_validation
from iclip.panels import Panel, ValidatedSample
from iclip.registry import SAMPLE_VIEWS
from tests.support.fake_runner import BuiltLoop, fake_runner

SAMPLES = 23
CFG = Config(dict(default_scope="mmseg"))


class Backend:
    """A place that the visualizer writes to."""

    def __init__(self) -> None:
        self.images: list[tuple[str, tuple[int, ...], int]] = []

    def add_image(self, name: str, image: np.ndarray, step: int) -> None:
        self.images.append((name, image.shape, step))


class Run:
    """A model that predicts ``-index`` of a sample whose pixels are its index."""

    def __init__(self, folder: Path, rank: int = 0, ranks: int = 1, **hook: Any) -> None:
        sampler = DefaultSampler(range(SAMPLES), shuffle=False)
        sampler.rank, sampler.world_size = rank, ranks
        sampler.num_samples = -(-SAMPLES // ranks)
        sampler.total_size = sampler.num_samples * ranks
        self.loader = DataLoader(range(SAMPLES), batch_size=4, sampler=sampler, collate_fn=list)
        self.backend = Backend()
        backends = dict(
            LocalVisBackend=LocalVisBackend(str(folder / "vis")), TensorboardVisBackend=self.backend
        )
        self.loop = SimpleNamespace(dataloader=self.loader)
        self.runner = fake_runner(
            work_dir=str(folder),
            cfg=CFG,
            epoch=0,
            val_loop=self.loop,
            train_loop=None,
            visualizer=SimpleNamespace(_vis_backends=backends),
            _train_loop=BuiltLoop(),
        )
        self.hook = DrawValidation(**hook)
        self.hook.before_train(self.runner)

    def validate(self, iteration: int, finish: bool = True) -> None:
        self.runner.iter = iteration
        self.hook.before_val_epoch(self.runner)
        self.iterate(self.loader)
        if finish:
            self.hook.after_val_epoch(self.runner, {})

    def iterate(self, loader: DataLoader) -> None:
        self.loop.dataloader = loader
        for i, batch in enumerate(loader):
            outputs = [-index for index in batch]
            self.hook.after_val_iter(self.runner, i, dict(inputs=batch), outputs)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[ValidatedSample]:
    """The samples that were viewed."""
    samples: list[ValidatedSample] = []

    def view(sample: ValidatedSample) -> list[Panel]:
        samples.append(sample)
        image = np.full((6, 8, 3), 10 * sample.index, dtype=np.uint8)
        return [Panel(image, f"{sample.index}")]

    monkeypatch.setitem(SAMPLE_VIEWS.module_dict, "segmentation", view)
    return samples


def test_same_samples_each_time_with_what_was_predicted(
    seen: list[ValidatedSample], tmp_path: Path
):
    run = Run(tmp_path, count=5)
    run.validate(10)
    first = [sample.index for sample in seen]
    assert len(set(first)) == len(first) == 5
    assert all(s.inputs == s.index and s.output == -s.index for s in seen)
    seen.clear()
    run.validate(20)
    assert [sample.index for sample in seen] == first
    assert first != list(range(5))
    with Image.open(tmp_path / "pictures/iter_20.jpg") as picture:
        assert picture.format == "JPEG" and min(picture.size) > 100
    assert [path.name for path in sorted((tmp_path / "pictures").iterdir())] == [
        "iter_10.jpg",
        "iter_20.jpg",
    ]


def test_ranks_draw_the_same_samples_together(
    seen: list[ValidatedSample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    Run(tmp_path / "one", count=6).validate(1)
    alone = {sample.index for sample in seen}
    ranks = [Run(tmp_path / "two", rank, 2, count=6) for rank in (0, 1)]
    for rank in ranks:
        rank.validate(1, finish=False)
    drawn: list[str] = []
    monkeypatch.setattr(
        draw_validation,
        "gather_objects",
        lambda _: [(rank.hook._panels, rank.hook._fault) for rank in ranks],
    )

    def draw(samples: list[list[Panel]], title: str) -> np.ndarray:
        drawn.extend(panel.title for panels in samples for panel in panels)
        return np.zeros((8, 8, 3), dtype=np.uint8)

    monkeypatch.setattr(draw_validation, "draw_panels", draw)
    # Both ranks have some of them.
    assert all(rank.hook._panels for rank in ranks)
    ranks[0].hook.after_val_epoch(ranks[0].runner, {})
    assert [int(title) for title in drawn] == sorted(alone)


def test_small_data_set_is_drawn_whole(seen: list[ValidatedSample], tmp_path: Path):
    Run(tmp_path, count=100).validate(1, finish=False)
    assert [sample.index for sample in seen] == list(range(SAMPLES))


def test_epochs_name_the_file_where_the_loop_counts_them(
    seen: list[ValidatedSample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(draw_validation, "EpochBasedTrainLoop", type(None))
    run = Run(tmp_path)
    run.runner.epoch = 3
    run.validate(300)
    assert (tmp_path / "pictures/epoch_3.jpg").is_file()


def test_other_places_of_the_run_s_log_get_the_picture(seen: list[ValidatedSample], tmp_path: Path):
    run = Run(tmp_path)
    run.validate(7)
    ((name, shape, step),) = run.backend.images
    assert (name, shape[2], step) == ("validation", 3, 7)
    assert not (tmp_path / "vis").exists()  # it would be there twice


def test_only_the_first_data_set_is_drawn(seen: list[ValidatedSample], tmp_path: Path):
    run = Run(tmp_path)
    second = DataLoader(range(SAMPLES), batch_size=4, collate_fn=list)
    run.loop.dataloaders = [run.loader, second]
    run.validate(1, finish=False)
    first = len(seen)
    run.iterate(second)
    assert len(seen) == first == 6
    run.hook.after_val_epoch(run.runner, {})
    run.validate(2)  # the loop's current loader is still the second
    assert len(seen) == 12


def test_evaluation_without_training_draws_nothing(seen: list[ValidatedSample], tmp_path: Path):
    run = Run(tmp_path)
    run.runner._train_loop = {"type": "EpochBasedTrainLoop"}
    run.validate(1)
    assert not seen and not (tmp_path / "pictures").exists()


def test_sample_that_cannot_be_drawn_is_told_once_and_the_others_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    shown: list[int] = []

    def view(sample: ValidatedSample) -> list[Panel]:
        if not shown:
            shown.append(-1)
            raise KeyError("classes")
        shown.append(sample.index)
        return [Panel(np.zeros((6, 8, 3), dtype=np.uint8), "")]

    monkeypatch.setitem(SAMPLE_VIEWS.module_dict, "segmentation", view)
    run = Run(tmp_path)
    run.validate(1)
    run.validate(2)
    (message,) = caplog.messages
    assert "could be drawn (KeyError: 'classes'); the training goes on" in message
    assert len(shown) == 12 and (tmp_path / "pictures/iter_1.jpg").is_file()


def test_picture_that_cannot_be_written_is_told_once(
    seen: list[ValidatedSample], tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    (tmp_path / "pictures").write_text("a file where the folder should be")
    run = Run(tmp_path)
    run.validate(1)
    run.validate(2)
    (message,) = caplog.messages
    assert "iter_1.jpg could not be written" in message


def test_stop_is_not_taken_for_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def view(sample: ValidatedSample) -> list[Panel]:
        raise KeyboardInterrupt

    monkeypatch.setitem(SAMPLE_VIEWS.module_dict, "segmentation", view)
    with pytest.raises(KeyboardInterrupt):
        Run(tmp_path).validate(1)


def test_task_without_pictures_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(CFG, "default_scope", "iclip")
    message = r"DrawValidation, which draws .*classification.*; the config's task is pre-training"
    with pytest.raises(ValueError, match=message):
        Run(tmp_path)


@pytest.mark.parametrize("count", [0, -1, 1.5, "6"])
def test_count_is_a_whole_number(count: Any):
    with pytest.raises(ValueError, match=f"count of DrawValidation is {count!r}"):
        DrawValidation(count=count)
