"""The config of a detector: what follows from the data, over the recipe."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config

import iclip.openmmlab  # noqa: F401  (before the frameworks' configs)
from iclip.finetune.tasks.detection import RECIPE, TASK
from tests.support.own_choice import (
    CPU,
    backbone,
    choice_for,
    micro_backbone,
    own_data,
)
from tests.support.written_run import built, written

DOWNSTREAM = Path(__file__).resolve().parents[3] / "downstream"


def test_numbers_are_those_of_the_recipes_config():
    cfg = Config.fromfile(DOWNSTREAM / "own/detection.py")
    assert cfg.auto_scale_lr == dict(enable=True, base_batch_size=RECIPE.batch)
    assert cfg.optim_wrapper.optimizer.lr == RECIPE.learning_rates["base"]
    assert cfg.model.backbone.drop_path_rate == RECIPE.drop_paths["base"]
    assert (cfg.epochs, cfg.shorter_sides.stop - 1) == (RECIPE.epochs, RECIPE.sides["base"])
    assert cfg.param_scheduler[0].end == RECIPE.warm_up
    assert cfg.train_dataloader.batch_size == RECIPE.batch_per_gpu


def test_recipe_on_a_gpu_changes_only_data_model_and_schedule(tmp_path: Path):
    cfg = written(tmp_path, choice_for(RECIPE, own_data(train=1000), backbone("base")))
    recipe = Config.fromfile(DOWNSTREAM / "own/detection.py")
    assert cfg.train_dataloader.dataset.pipeline == recipe.train_dataloader.dataset.pipeline
    assert cfg.test_dataloader == cfg.val_dataloader
    assert cfg.train_dataloader.dataset.ann_file == f"{tmp_path}/data/train.json"
    assert cfg.val_evaluator.ann_file == f"{tmp_path}/data/val.json"
    assert cfg.train_cfg.max_epochs == 24 and cfg.work_dir == str(tmp_path)
    assert cfg.param_scheduler[1].milestones == [16, 22]  # the recipe's


@pytest.mark.parametrize("epochs", [1, 2, 3, 12, 300])
def test_rate_drops_within_the_run(tmp_path: Path, epochs: int):
    cfg = written(tmp_path, choice_for(RECIPE, epochs=epochs))
    drops = cfg.param_scheduler[-1].milestones
    assert all(0 < drop < epochs for drop in drops) and len(set(drops)) == len(drops)


@pytest.mark.parametrize("classes", [1, 2, 80])
def test_heads_have_the_classes_of_the_data(tmp_path: Path, classes: int):
    names = [f"class {i}" for i in range(classes)]
    cfg = written(tmp_path, choice_for(RECIPE, own_data(classes=names)))
    assert list(cfg.val_dataloader.dataset.metainfo.classes) == names
    model = built(cfg)
    assert model.roi_head.bbox_head.fc_cls.out_features == classes + 1
    assert model.roi_head.bbox_head.fc_reg.out_features == 4 * classes


def test_small_backbone_of_two_stages_has_strides_of_its_own(tmp_path: Path):
    cfg = written(tmp_path, choice_for(RECIPE, swin=micro_backbone(), machine=CPU, median_side=64))
    assert cfg.model.rpn_head.anchor_generator.strides == [4, 8, 16]
    assert cfg.model.roi_head.bbox_roi_extractor.featmap_strides == [4, 8]
    cfg.model.backbone.checkpoint = None
    from mmengine.registry import MODELS, DefaultScope

    with DefaultScope.overwrite_default_scope("mmdet"):
        model = MODELS.build(cfg.model)
    maps = model.neck(model.backbone(torch.zeros(1, 3, 64, 96)))
    assert [tuple(m.shape[-2:]) for m in maps] == [(16, 24), (8, 12), (4, 6)]
    assert len(model.rpn_head(maps)[0]) == 3


@pytest.mark.parametrize(("side", "longer", "sides"), [(96, 160, (58, 96)), (320, 533, (192, 320))])
def test_sides_keep_the_recipes_proportions(tmp_path: Path, side: int, longer: int, sides: tuple):
    cfg = written(tmp_path, choice_for(RECIPE, image_size=side))
    steps = {step.type: step for step in cfg.train_dataloader.dataset.pipeline}
    scales = [tuple(scale) for scale in steps["RandomChoiceResize"].scales]
    assert (scales[0], scales[-1]) == ((longer, sides[0]), (longer, sides[1]))
    resize = next(s for s in cfg.test_dataloader.dataset.pipeline if s.type == "Resize")
    assert tuple(resize.scale) == (longer, side)


def test_classes_of_sides_are_not_mirrored(tmp_path: Path):
    cfg = written(tmp_path, choice_for(RECIPE, own_data(classes=["left arrow", "right arrow"])))
    flip = next(s for s in cfg.train_dataloader.dataset.pipeline if s.type == "RandomFlip")
    assert flip.prob == 0


def test_rare_classes_are_repeated_in_lviss_way(tmp_path: Path):
    data = own_data(train=3000)
    data.parts["train"][:] = [s for s in data.parts["train"] if s.class_labels == (0,)] * 2  # type: ignore[index]
    data.parts["train"].append(type(data.parts["train"][0])("rare.jpg", (1,)))  # type: ignore[attr-defined]
    cfg = written(tmp_path, choice_for(RECIPE, data))
    outer = cfg.train_dataloader.dataset
    assert (outer.type, outer.oversample_thr) == ("ClassBalancedDataset", 1e-3)
    recipe = Config.fromfile(DOWNSTREAM / "own/detection.py").train_dataloader.dataset
    assert outer.dataset.pipeline == recipe.pipeline
    assert outer.dataset.filter_cfg == recipe.filter_cfg


def test_lvis_keeps_its_metric_and_its_settings_at_test(tmp_path: Path):
    cfg = written(tmp_path, choice_for(RECIPE, own_data(format="LVIS")))
    assert cfg.val_evaluator.type == "iclip.LVISBoxMetric"
    assert cfg.val_dataloader.dataset.type == "LVISV1Dataset"
    assert cfg.model.test_cfg.rcnn.score_thr == 1e-4
    assert cfg.custom_hooks[-1] == dict(type="iclip.KeepBest", metric="lvis/AP")


def test_settings_of_an_evaluation_are_those_of_the_config(tmp_path: Path):
    data = own_data()
    cfg = written(tmp_path, choice_for(RECIPE, data))
    settings = TASK.data_set(data, "val", f"{tmp_path}/data")
    assert {k: cfg.val_dataloader.dataset[k] for k in ("ann_file", "data_prefix", "type")} == {
        k: settings[k] for k in ("ann_file", "data_prefix", "type")
    }
    assert cfg.val_evaluator.to_dict() == TASK.metric(data, "val", f"{tmp_path}/data")


def test_frozen_stages_and_layer_decay_are_settings(tmp_path: Path):
    cfg = written(tmp_path, choice_for(RECIPE, freeze=1, layer_decay=0.75))
    assert cfg.model.backbone.frozen_stages == 1
    assert cfg.optim_wrapper.paramwise_cfg.layer_decay == 0.75
    assert cfg.optim_wrapper.paramwise_cfg.custom_keys.norm.decay_mult == 0  # the recipe's


def test_classifier_by_words_takes_the_place_of_the_linear_one(tmp_path: Path):
    # Only two of the three classes have boxes in training.
    choice = choice_for(RECIPE, own_data(classes=("cat", "dog", "cow"), train=2))
    cfg = written(tmp_path, choice)
    assert TASK.text_model is not None
    words = dict(type="iclip.TextClassifier", embed_dim=16, class_texts="a.jsonl", checkpoint="b")
    cfg.model.merge(dict(TASK.text_model(choice, words)))
    head = built(cfg).roi_head.bbox_head
    assert type(head.fc_cls).__name__ == "TextClassifier"
    assert head.fc_cls.out_features == len(choice.classes) + 1
    assert cfg.model.roi_head.bbox_head.untrained == [2]
    assert (head.fc_reg.out_features, head.fc_cls.background.shape) == (4, (16,))
    assert words == dict(
        type="iclip.TextClassifier", embed_dim=16, class_texts="a.jsonl", checkpoint="b"
    )
