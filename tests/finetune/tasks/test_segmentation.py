"""The config of a segmenter: what follows from the data, over the recipe."""

from pathlib import Path

import pytest
from mmengine.config import Config

import iclip.openmmlab  # noqa: F401  (before the frameworks' configs)
from iclip.finetune.tasks.segmentation import RECIPE, RECIPE_CROP, text_model
from tests.support.own_choice import CPU, backbone, choice_for, micro_backbone, own_data
from tests.support.written_run import built, written

DOWNSTREAM = Path(__file__).resolve().parents[3] / "downstream"


def masks(**settings):
    return own_data("segmentation", format="masks", **settings)


def test_numbers_are_those_of_the_recipes_config():
    cfg = Config.fromfile(DOWNSTREAM / "own/segmentation.py")
    assert cfg.auto_scale_lr == dict(enable=True, base_batch_size=RECIPE.batch)
    assert cfg.optim_wrapper.optimizer.lr == RECIPE.learning_rates["base"]
    assert cfg.model.backbone.drop_path_rate == RECIPE.drop_paths["base"]
    assert cfg.crop == RECIPE.sides["base"] == RECIPE_CROP
    assert cfg.param_scheduler[0].end == RECIPE.warm_up
    assert abs(RECIPE.seen / RECIPE.batch - cfg.iterations) < RECIPE.samples / RECIPE.batch


def test_steps_are_those_of_the_epochs(tmp_path: Path):
    cfg = written(tmp_path, choice_for(RECIPE, masks(train=41), epochs=3))
    assert cfg.train_cfg.max_iters == 3 * 21 == cfg.param_scheduler[-1].end
    assert cfg.train_cfg.val_interval == 6 == cfg.default_hooks.checkpoint.interval
    assert cfg.param_scheduler[-1].begin == cfg.param_scheduler[0].end == 6


def test_run_of_few_steps_has_no_warm_up(tmp_path: Path):
    cfg = written(tmp_path, choice_for(RECIPE, masks(train=4), epochs=3))
    assert [(s.type, s.begin) for s in cfg.param_scheduler] == [("PolyLR", 0)]


@pytest.mark.parametrize("classes", [1, 2, 150])
def test_heads_have_the_classes_of_the_data(tmp_path: Path, classes: int):
    data = masks(classes=[f"class {i}" for i in range(classes)])
    cfg = written(tmp_path, choice_for(RECIPE, data, backbone("base")))
    assert cfg.model.decode_head.loss_cls.class_weight == [1.0] * classes + [0.1]
    assert built(cfg).decode_head.cls_embed.out_features == classes + 1
    assert len(cfg.val_dataloader.dataset.metainfo.classes) == classes


def test_crop_is_the_same_everywhere(tmp_path: Path):
    cfg = written(tmp_path, choice_for(RECIPE, masks(), image_size=96))
    steps = {step.type: step for step in cfg.train_dataloader.dataset.pipeline}
    assert tuple(steps["RandomCrop"].crop_size) == (96, 96)
    assert tuple(steps["RandomResize"].scale) == (384, 96)
    assert tuple(cfg.model.data_preprocessor.size) == (96, 96)
    resize = next(s for s in cfg.test_dataloader.dataset.pipeline if s.type == "Resize")
    assert tuple(resize.scale) == (384, 96)


def test_labels_are_read_as_they_are(tmp_path: Path):
    cfg = written(tmp_path, choice_for(RECIPE, masks()))
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        step = next(s for s in loader.dataset.pipeline if s.type == "LoadAnnotations")
        assert not step.reduce_zero_label
        assert not loader.dataset.get("reduce_zero_label")


def test_small_backbone_of_two_stages(tmp_path: Path):
    choice = choice_for(RECIPE, masks(), micro_backbone(), CPU, median_side=64)
    cfg = written(tmp_path, choice)
    assert cfg.model.decode_head.in_index == [0, 1]
    assert cfg.model.decode_head.feat_channels == 64
    built(cfg)


def test_classifier_by_words_takes_the_place_of_the_linear_one(tmp_path: Path):
    classifier = dict(type="iclip.TextClassifier", embed_dim=64)
    changed = text_model(masks(), classifier)
    assert changed == dict(decode_head=dict(type="iclip.TextMaskFormerHead", classifier=classifier))
