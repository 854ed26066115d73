"""Every downstream config is loaded and its model built; its recipe is the paper's."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import MODELS, DefaultScope
from torch import nn

import iclip.openmmlab  # noqa: F401  (before the frameworks' configs)
from iclip.commands import train
from iclip.commands.command_line import main, parse
from iclip.engine.start.preflight import checkpoint_problems
from iclip.tasks import pipeline_steps

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = sorted(
    path
    for path in (ROOT / "downstream").rglob("*.py")
    if "_base_" not in path.relative_to(ROOT).parts
)


def load(name: str) -> Config:
    return Config.fromfile(ROOT / "downstream" / name)


def build(cfg: Config) -> torch.nn.Module:
    # mmaction spreads its drop path with a tensor whose values it needs.
    device = torch.device("cpu" if cfg.default_scope == "mmaction" else "meta")
    with DefaultScope.overwrite_default_scope(cfg.default_scope), device:
        return MODELS.build(cfg.model)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_model_builds_and_header_says_what_it_is(path: Path):
    cfg = Config.fromfile(path)
    model = build(cfg)
    assert type(model.backbone).__name__ in ("SwinBackbone", "VideoSwinBackbone")
    header = path.read_text().split("\n_base_ =")[0]
    assert f"tools/dist_train.sh {path.relative_to(ROOT)}" in header
    assert "Hardware:" in header
    assert "toy" in path.parts or "not yet run" in header


@pytest.mark.parametrize("path", [p for p in CONFIGS if "scratch" in p.stem], ids=lambda p: p.stem)
def test_baseline_from_scratch_differs_in_the_weights_alone(path: Path):
    scratch = Config.fromfile(path)
    other = Config.fromfile(path.with_name(path.name.replace("_scratch", "")))
    assert scratch.model.backbone.checkpoint is None and other.model.backbone.checkpoint
    scratch.model.backbone.checkpoint = other.model.backbone.checkpoint
    assert scratch.to_dict() == other.to_dict()


def test_lvis_is_section_c():
    cfg = load("lvis_frcnn_2x.py")
    assert cfg.model.roi_head.bbox_head.num_classes == 1203
    assert cfg.train_cfg.max_epochs == 24
    (resize,) = (t for t in cfg.train_pipeline if t.type == "RandomChoiceResize")
    assert [side for _, side in resize.scales] == [*range(480, 801, 32)]
    loader = cfg.train_dataloader
    assert loader.dataset.dataset.pipeline == cfg.train_pipeline
    assert loader.dataset.oversample_thr == 1e-3
    assert cfg.model.backbone.window_size == 7
    assert cfg.param_scheduler[1].milestones == [16, 22]
    assert cfg.val_evaluator.type == "iclip.LVISBoxMetric"
    assert "metric" not in cfg.val_evaluator


def test_ade20k_is_section_c():
    cfg = load("ade20k_maskformer_160k.py")
    assert cfg.model.backbone.window_size == 7
    assert cfg.train_cfg.max_iters == 160_000
    assert cfg.optim_wrapper.clip_grad.max_norm == 0.01
    assert (cfg.optim_wrapper.optimizer.lr, cfg.optim_wrapper.optimizer.weight_decay) == (
        6e-5,
        0.01,
    )
    assert set(cfg.optim_wrapper.paramwise_cfg) == {"custom_keys", "norm_decay_mult"}
    head = cfg.model.decode_head
    assert (head.num_queries, head.transformer_decoder.num_layers) == (100, 6)
    assert [head[loss].loss_weight for loss in ("loss_cls", "loss_mask", "loss_dice")] == [1, 20, 1]
    assert [t for t in cfg.test_pipeline if "Aug" in t.type] == []  # single scale
    assert load("ade20k_maskformer_swint_160k.py").train_pipeline[3].crop_size == (512, 512)
    assert cfg.train_pipeline[3].crop_size == (640, 640)


def test_kinetics_is_section_c():
    cfg = load("k400_video_swin_30e.py")
    assert cfg.train_cfg.max_epochs == 30
    assert cfg.model.backbone.window_size == (8, 7, 7)
    assert cfg.optim_wrapper.optimizer.lr == 3e-4
    assert cfg.optim_wrapper.paramwise_cfg.backbone.lr_mult == 0.1
    (test,) = (t for t in cfg.test_dataloader.dataset.pipeline if t.type == "SampleFrames")
    (train_clip,) = (t for t in cfg.train_pipeline if t.type == "SampleFrames")
    assert (test.clip_len, test.frame_interval, test.num_clips) == (32, 2, 4)
    assert (train_clip.clip_len, train_clip.frame_interval) == (32, 2)
    assert any(t.type == "ThreeCrop" for t in cfg.test_dataloader.dataset.pipeline)


RECIPES = {
    # (config, setting): as read in the public configs that the _base_ files name.
    ("lvis_frcnn_2x", "model.backbone.drop_path_rate"): 0.3,
    ("lvis_frcnn_swint_2x", "model.backbone.drop_path_rate"): 0.2,
    ("ade20k_maskformer_160k", "model.backbone.drop_path_rate"): 0.3,
    ("ade20k_maskformer_swint_160k", "model.backbone.drop_path_rate"): 0.3,
    ("k400_video_swin_30e", "model.backbone.drop_path_rate"): 0.2,
    ("k400_video_swin_30e", "optim_wrapper.optimizer.lr"): 3e-4,
    ("k400_video_swin_30e", "optim_wrapper.optimizer.weight_decay"): 0.05,
    ("k400_video_swin_swint_30e", "model.backbone.drop_path_rate"): 0.1,
    ("k400_video_swin_swint_30e", "optim_wrapper.optimizer.lr"): 1e-3,
    ("k400_video_swin_swint_30e", "optim_wrapper.optimizer.weight_decay"): 0.02,
}


@pytest.mark.parametrize(("name", "key", "value"), [(*k, v) for k, v in RECIPES.items()])
def test_size_of_the_swin_has_its_public_setting(name: str, key: str, value: float):
    cfg = load(f"{name}.py")
    for part in key.split("."):
        cfg = cfg[part]
    assert cfg == value


@pytest.mark.parametrize("name", ["ade20k_maskformer_160k", "ade20k_maskformer_swint_160k"])
def test_crop_may_be_of_one_class(name: str):
    crops = [t for t in pipeline_steps(load(f"{name}.py").train_dataloader) if t.get("crop_size")]
    assert [crop["cat_max_ratio"] for crop in crops] == [1.0]


@pytest.mark.parametrize("name", ["lvis_frcnn_2x", "ade20k_maskformer_160k", "k400_video_swin_30e"])
def test_norms_embeddings_and_position_tables_have_no_decay(name: str):
    cfg = load(f"{name}.py")
    model = build(cfg)
    norms = (nn.LayerNorm, nn.GroupNorm, nn.modules.batchnorm._BatchNorm)
    free = {
        id(parameter)
        for module in model.modules()
        for key, parameter in module.named_parameters(recurse=False)
        if isinstance(module, (*norms, nn.Embedding)) or key == "relative_position_bias_table"
    }
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        # float16 needs a GPU, and no wrapper decides about decay.
        wrapper = build_optim_wrapper(model, dict(cfg.optim_wrapper, type="OptimWrapper"))
    groups = wrapper.optimizer.param_groups
    decayed = {id(p) for group in groups if group["weight_decay"] for p in group["params"]}
    trained = {id(p) for p in model.parameters() if p.requires_grad}
    assert free and decayed == trained - free


def test_gradients_of_maskformer_are_clipped_as_the_public_ones():
    assert load("ade20k_maskformer_160k.py").optim_wrapper.clip_grad.max_norm == 0.01


@pytest.mark.parametrize("name", ["lvis_frcnn_2x", "lvis_frcnn_swint_2x"])
def test_choice_against_swins_crops_is_stated(name: str):
    assert not [
        t for t in pipeline_steps(load(f"{name}.py").train_dataloader) if t["type"] == "RandomCrop"
    ]
    header = (ROOT / "downstream/_base_/lvis_frcnn.py").read_text().split("\n_base_ =")[0]
    assert "[choice]   No crops." in header


@pytest.mark.parametrize(
    ("name", "base_batch"),
    [("lvis_frcnn_2x", 16), ("ade20k_maskformer_160k", 16), ("k400_video_swin_30e", 64)],
)
def test_eight_gpus_have_the_recipes_batch(name: str, base_batch: int):
    cfg = load(f"{name}.py")
    assert cfg.train_dataloader.batch_size * 8 == cfg.auto_scale_lr.base_batch_size == base_batch
    assert cfg.auto_scale_lr.enable


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_figures_of_each_class_are_kept(path: Path):
    cfg = Config.fromfile(path)
    kept = ("iclip.LVISBoxMetric", "iclip.IoUPerClass", "iclip.AccuracyPerClass")
    assert cfg.val_evaluator.type in kept
    assert cfg.test_evaluator == cfg.val_evaluator
    assert "iclip.SavePerClass" in [hook.type for hook in cfg.custom_hooks]
    if "list_file" in cfg.val_evaluator:
        assert cfg.val_evaluator.list_file == cfg.val_dataloader.dataset.ann_file


def test_absent_weights_are_said_before_the_start():
    (problem,) = checkpoint_problems(load("lvis_frcnn_2x.py"))
    assert "there is no file /nonexistent/weights.pth" in problem
    assert "--checkpoint FILE or ICLIP_CHECKPOINT" in problem
    assert checkpoint_problems(load("lvis_frcnn_scratch_2x.py")) == []


def test_checkpoint_option_reaches_the_backbone(tmp_path: Path):
    arguments = ["downstream/lvis_frcnn_2x.py", "--checkpoint", "swin.pth", "--amp"]
    args = parse(train, [str(ROOT / arguments[0]), *arguments[1:]])
    cfg = train.build_config(args)
    assert cfg.model.backbone.checkpoint == "swin.pth"
    assert cfg.optim_wrapper.type == "iclip.PrecisionOptimWrapper"


def test_weights_named_twice_are_refused(capsys: pytest.CaptureFixture):
    config = str(ROOT / "downstream/lvis_frcnn_2x.py")
    other = "model.backbone.checkpoint=b.pth"
    assert main(train, [config, "--checkpoint", "a.pth", "--cfg-options", other]) == 2
    assert f"--checkpoint a.pth and --cfg-options {other} name two files" in capsys.readouterr().err


def test_checkpoint_option_is_refused_in_pretraining(capsys: pytest.CaptureFixture):
    config = str(ROOT / "configs/micro/iclip.py")
    assert main(train, [config, "--checkpoint", "swin.pth"]) == 2
    message = capsys.readouterr().err
    assert (
        "sets no model.backbone.checkpoint; pre-training continues a run with --resume" in message
    )
