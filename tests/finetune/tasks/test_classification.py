"""The config of a classifier: what follows from the data, over the recipe."""

from dataclasses import replace
from pathlib import Path

import pytest
from mmengine.config import Config
from PIL import Image

from iclip.datasets.readers.labelled_list import read_labelled_list
from iclip.engine.start.global_batch import batch_sizes_of
from iclip.finetune.tasks.classification import RECIPE, TASK, median_side
from iclip.own_data.images_by_class.labelled_file import LabelledFile
from iclip.tasks import CLASSIFICATION
from tests.support.own_choice import CPU, GPU, backbone, choice_for, micro_backbone, own_data
from tests.support.written_run import built, written

DOWNSTREAM = Path(__file__).resolve().parents[3] / "downstream"


def pets(**settings):
    return own_data(CLASSIFICATION, format="class folders", **settings)


def test_numbers_are_those_of_the_recipe_s_config():
    cfg = Config.fromfile(DOWNSTREAM / "own/classification.py")
    assert cfg.global_batch_size == RECIPE.batch
    assert cfg.optim_wrapper.optimizer.lr == RECIPE.learning_rates["base"]
    assert cfg.optim_wrapper.paramwise_cfg.layer_decay == RECIPE.layer_decay
    assert cfg.model.backbone.drop_path_rate == RECIPE.drop_paths["base"]
    assert cfg.image_size == RECIPE.sides["base"]
    assert RECIPE.warm_up == 5 * RECIPE.samples // RECIPE.batch
    assert cfg.warm_up == cfg.max_iters * 5 // RECIPE.epochs


def test_recipe_on_several_gpus(tmp_path: Path):
    machine = replace(GPU, processes=4)
    cfg = written(tmp_path, choice_for(RECIPE, pets(train=4000), backbone("base"), machine))
    recipe = Config.fromfile(DOWNSTREAM / "own/classification.py")
    assert cfg.train_dataloader.dataset.labelled.image_transform == (
        recipe.train_dataloader.dataset.labelled.image_transform
    )
    assert (
        cfg.val_dataloader.dataset.image_transform == recipe.val_dataloader.dataset.image_transform
    )
    assert cfg.train_dataloader.dataset.labelled.table == f"{tmp_path}/data/train.jsonl"
    assert cfg.test_dataloader == cfg.val_dataloader
    assert cfg.global_batch_size == 256 and cfg.optim_wrapper.optimizer.lr == pytest.approx(1e-3)
    assert batch_sizes_of(cfg, 4).micro_batch_size == 64
    assert cfg.optim_wrapper.paramwise_cfg == recipe.optim_wrapper.paramwise_cfg
    assert cfg.model.mixing == recipe.model.mixing
    assert built(cfg).classifier.weight.shape == (2, 1024)


def test_schedule_is_in_steps(tmp_path: Path):
    cfg = written(tmp_path, choice_for(RECIPE, pets(train=100), epochs=20, batch_size=10))
    assert cfg.train_cfg.max_iters == 200 and cfg.train_cfg.val_interval == 20
    assert cfg.default_hooks.checkpoint.interval == 20 and cfg.default_hooks.logger.interval == 10
    warm_up, cosine = cfg.param_scheduler
    assert warm_up.end == cosine.begin == 20  # a tenth of the run
    assert "end" not in cosine


def test_small_backbone_on_a_cpu(tmp_path: Path):
    choice = choice_for(RECIPE, pets(classes=list("abc")), micro_backbone(), CPU, 32)
    cfg = written(tmp_path, choice)
    assert cfg.train_dataloader.dataset.labelled.image_transform.size == 32
    transform = cfg.val_dataloader.dataset.image_transform
    assert (transform.size, transform.resize) == (32, 32)
    assert cfg.train_dataloader.num_workers == 0
    assert built(cfg).classifier.weight.shape == (3, 96)


def test_classes_of_sides_are_not_mirrored(tmp_path: Path):
    cfg = written(tmp_path, choice_for(RECIPE, pets(classes=["left shoe", "right shoe"])))
    assert cfg.train_dataloader.dataset.labelled.image_transform.flip == 0


def test_options_reach_the_config(tmp_path: Path):
    cfg = written(tmp_path, choice_for(RECIPE, pets(), layer_decay=0.9, freeze=1, image_size=288))
    assert cfg.optim_wrapper.paramwise_cfg.layer_decay == 0.9
    assert cfg.model.backbone.frozen_stages == 1
    transform = cfg.val_dataloader.dataset.image_transform
    assert (transform.size, transform.resize) == (288, 329)


def test_prepared_lists_are_those_of_the_config(tmp_path: Path):
    for number in range(3):
        Image.new("RGB", (40, 20 + number)).save(tmp_path / f"{number}.png")
    samples = [LabelledFile(str(tmp_path / f"{number}.png"), number % 2) for number in range(3)]
    data = replace(pets(), parts={"train": samples, "val": samples[:1]})
    assert median_side(data) == 21
    TASK.prepare(data, tmp_path / "data")
    for part, expected in data.parts.items():
        settings = TASK.data_set(data, part, str(tmp_path / "data"))
        assert list(read_labelled_list(settings["table"])) == [
            (sample.file, sample.label) for sample in expected
        ]
