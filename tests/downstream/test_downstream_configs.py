"""Every downstream config is loaded and its model built.

tests/report/test_recipes.py compares each setting of the full configs with Section C's recipes.
"""

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
from iclip.models.swin.arch import SwinArch
from iclip.tasks import pipeline_steps
from iclip.words import TextClassifier

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = sorted(
    path
    for path in (ROOT / "downstream").rglob("*.py")
    if "_base_" not in path.relative_to(ROOT).parts
)
# These train nothing.
EVALUATIONS = [ROOT / "downstream" / f"{name}_video_swin_text.py" for name in ("ucf101", "hmdb51")]


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
    # What a fine-tuning's config inherits is not run by itself.
    program = "tools/test.py" if path in EVALUATIONS else "tools/dist_train.sh"
    command = f"{program} {path.relative_to(ROOT)}"
    assert (f"iclip finetune {path.stem}" if "own" in path.parts else command) in header
    assert "Hardware:" in header
    assert "toy" in path.parts or "not yet run" in header


@pytest.mark.parametrize("path", [p for p in CONFIGS if "scratch" in p.stem], ids=lambda p: p.stem)
def test_baseline_from_scratch_differs_in_the_weights_alone(path: Path):
    scratch = Config.fromfile(path)
    other = Config.fromfile(path.with_name(path.name.replace("_scratch", "")))
    assert scratch.model.backbone.checkpoint is None and other.model.backbone.checkpoint
    scratch.model.backbone.checkpoint = other.model.backbone.checkpoint
    for cfg in (scratch, other):
        cfg.pop("expected", None)  # other weights have other scores
    assert scratch.to_dict() == other.to_dict()


def channels_after_the_backbone(cfg: Config) -> int | list[int]:
    """Read the setting that must fit the backbone's maps."""
    parts = ("neck", "decode_head", "cls_head")
    part = next(cfg.model[name] for name in parts if name in cfg.model)
    return part.in_channels


# A classifier takes its backbone's channels itself.
@pytest.mark.parametrize(
    "path", [p for p in CONFIGS if p.stem != "classification"], ids=lambda path: path.stem
)
def test_channels_follow_from_the_arch(path: Path):
    cfg = Config.fromfile(path)
    dims = list(SwinArch.parse(cfg.model.backbone.arch).dims)
    expected = dims[-1] if cfg.default_scope == "mmaction" else dims
    assert channels_after_the_backbone(cfg) == expected


def test_lvis_trains_at_the_steps_of_swins_configs_on_boxes_alone():
    cfg = load("lvis_frcnn_2x.py")
    (resize,) = (t for t in cfg.train_pipeline if t.type == "RandomChoiceResize")
    assert [side for _, side in resize.scales] == [*range(480, 801, 32)]
    assert cfg.train_dataloader.dataset.dataset.pipeline == cfg.train_pipeline
    assert "metric" not in cfg.val_evaluator


def test_maskformer_weighs_its_losses_as_the_public_config():
    cfg = load("ade20k_maskformer_160k.py")
    assert set(cfg.optim_wrapper.paramwise_cfg) == {"custom_keys", "norm_decay_mult"}
    head = cfg.model.decode_head
    assert [head[loss].loss_weight for loss in ("loss_cls", "loss_mask", "loss_dice")] == [1, 20, 1]
    assert [t for t in cfg.test_pipeline if "Aug" in t.type] == []  # single scale


@pytest.mark.parametrize("loader", ["train_dataloader", "val_dataloader", "test_dataloader"])
def test_kinetics_clips_have_32_frames_at_stride_2(loader: str):
    steps = pipeline_steps(load("k400_video_swin_30e.py")[loader])
    (clip,) = (step for step in steps if step["type"] == "SampleFrames")
    assert (clip["clip_len"], clip["frame_interval"]) == (32, 2)


@pytest.mark.parametrize(
    ("task", "place", "background"),
    [
        ("detection", "fc_cls", True),
        ("segmentation", "cls_embed", True),
        ("video", "fc_cls", False),
    ],
)
def test_temperature_and_background_of_words_have_no_decay(task: str, place: str, background: bool):
    """In what `iclip finetune` inherits, and so in the recipes below."""
    cfg = load(f"own/{task}.py")
    model = nn.Module()
    model.add_module(place, TextClassifier(4, 3 + background, 8, background))
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        wrapper = build_optim_wrapper(model, dict(cfg.optim_wrapper, type="OptimWrapper"))
    groups = wrapper.optimizer.param_groups
    decayed = {id(p) for group in groups if group["weight_decay"] for p in group["params"]}
    names = {name for name, parameter in model.named_parameters() if id(parameter) in decayed}
    assert names == {f"{place}.projection.weight"}


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


@pytest.mark.parametrize(
    "path", [path for path in CONFIGS if path not in EVALUATIONS], ids=lambda path: path.stem
)
def test_scores_of_each_class_are_kept(path: Path):
    cfg = Config.fromfile(path)
    kept = ("LVISBoxMetric", "COCOBoxMetric", "IoUPerClass", "AccuracyPerClass", "ImageAccuracy")
    assert cfg.val_evaluator.type.removeprefix("iclip.") in kept
    assert cfg.test_evaluator == cfg.val_evaluator
    hooks = [hook.type.removeprefix("iclip.") for hook in cfg.custom_hooks]
    assert "SavePerClass" in hooks
    if "list_file" in cfg.val_evaluator:
        assert cfg.val_evaluator.list_file == cfg.val_dataloader.dataset.ann_file


def test_missing_weights_are_reported_before_the_start():
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


def test_checkpoint_option_reaches_the_text_tower_of_the_classifier():
    name = str(ROOT / "downstream/k400_video_swin_text_30e.py")
    cfg = train.build_config(parse(train, [name, "--checkpoint", "swin.pth"]))
    assert cfg.model.backbone.checkpoint == cfg.model.cls_head.classifier.checkpoint == "swin.pth"


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
