"""The config of a recognizer: what follows from the data, over the recipe."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

import iclip.openmmlab  # noqa: F401  (before the frameworks' configs)
from iclip.finetune.class_words import ClassWords
from iclip.finetune.tasks.video import CLIP_MEAN, CLIP_STD, RECIPE, frame_size
from iclip.models.data_preprocessor import BatchPreprocessor
from tests.support.made_up_embeddings import made_up_embeddings
from tests.support.own_choice import CPU, GPU, backbone, choice_for, micro_backbone, own_data
from tests.support.written_run import built, written

DOWNSTREAM = Path(__file__).resolve().parents[3] / "downstream"


def clips(**settings):
    return own_data("video", format="folders", **settings)


def test_numbers_are_those_of_the_recipes_config():
    cfg = Config.fromfile(DOWNSTREAM / "own/video.py")
    assert cfg.auto_scale_lr == dict(enable=True, base_batch_size=RECIPE.batch)
    assert cfg.optim_wrapper.optimizer.lr == RECIPE.learning_rates["base"]
    assert cfg.model.backbone.drop_path_rate == RECIPE.drop_paths["base"]
    assert cfg.epochs == RECIPE.epochs
    epochs = cfg.param_scheduler[0].end
    assert RECIPE.warm_up == epochs * RECIPE.samples / RECIPE.batch


def test_recipe_on_a_gpu_keeps_its_clips(tmp_path: Path):
    cfg = written(tmp_path, choice_for(RECIPE, clips(), backbone("base")))
    recipe = Config.fromfile(DOWNSTREAM / "own/video.py")
    assert cfg.train_dataloader.dataset.pipeline == recipe.train_dataloader.dataset.pipeline
    assert cfg.optim_wrapper.type == "AmpOptimWrapper"
    test, val = cfg.test_dataloader.dataset, cfg.val_dataloader.dataset
    assert (test.ann_file, test.pipeline) == (val.ann_file, val.pipeline)


def test_cpu_has_smaller_clips_and_full_precision(tmp_path: Path):
    cfg = written(tmp_path, choice_for(RECIPE, clips(), machine=CPU))
    steps = cfg.train_dataloader.dataset.pipeline
    assert next(s for s in steps if s.type == "SampleFrames").clip_len == 16
    assert [tuple(s.scale) for s in steps if s.type == "Resize"] == [(-1, 128), (112, 112)]
    crop = next(s for s in cfg.val_dataloader.dataset.pipeline if s.type == "CenterCrop")
    assert crop.crop_size == 112
    assert cfg.optim_wrapper.type == "OptimWrapper"


def test_motions_of_sides_are_not_mirrored(tmp_path: Path):
    cfg = written(tmp_path, choice_for(RECIPE, clips(classes=["turning left", "turning right"])))
    flip = next(s for s in cfg.train_dataloader.dataset.pipeline if s.type == "Flip")
    assert flip.flip_ratio == 0


@pytest.mark.parametrize("machine", [CPU, GPU])
def test_small_backbone(tmp_path: Path, machine):
    choice = choice_for(RECIPE, clips(classes=list("abc")), micro_backbone(), machine, 32)
    cfg = written(tmp_path, choice)
    assert cfg.optim_wrapper.paramwise_cfg.backbone.lr_mult == 1.0
    model = built(cfg)
    assert model.cls_head.fc_cls.weight.shape == (3, 96)
    assert model.backbone.layers[0].blocks[0].window_size == (8, 4, 4)


def test_file_that_is_not_a_video_is_named(tmp_path: Path):
    (tmp_path / "clip.mp4").write_bytes(b"no video")
    with pytest.raises(ValueError, match="is not a video file"):
        frame_size(tmp_path / "clip.mp4")


def test_classifier_by_words_starts_from_the_projection_of_the_pre_training(tmp_path: Path):
    texts = made_up_embeddings(("a", "b", "c"), 16).texts
    words = ClassWords(texts, "the names alone", embed_dim=16, checkpoint="/absent/clip.pth")
    # Only two of the three classes have clips in training.
    choice = choice_for(RECIPE, clips(classes=list("abc"), train=2), micro_backbone(), CPU, 32)
    cfg = written(tmp_path, replace(choice, words=words))
    head = built(cfg).cls_head
    assert cfg.model.cls_head.untrained == [2]
    assert head.dropout is None
    classifier = head.fc_cls
    assert (classifier.num_classes, classifier.embed_dim) == (3, 16)
    assert classifier.in_features == micro_backbone().sizes.dims[-1]
    assert classifier.projection_start == "pretrained"
    assert classifier.class_texts == str(tmp_path / "data/class_texts.jsonl")
    # Pixels as in pre-training.
    preprocessor = BatchPreprocessor()
    for mine, theirs in ((CLIP_MEAN, preprocessor.mean), (CLIP_STD, preprocessor.std)):
        torch.testing.assert_close(torch.tensor(mine), theirs.flatten())
    assert cfg.model.data_preprocessor.format_shape == "NCTHW"
