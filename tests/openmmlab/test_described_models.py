"""A model that a file describes names nothing that would be imported, evaluated or read."""

import ast
import copy
import functools
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.openmmlab.described_models import READING, described_config
from iclip.tasks import task_of
from tests.support.framework_predictions import (
    DETECTORS,
    TASKS,
    detector_config,
    toy_config,
    tsn_config,
)


def described(cfg: Config) -> Config:
    return described_config(cfg.to_dict(), str(task_of(cfg)), "best.pth")


@pytest.mark.parametrize("task", TASKS)
def test_toy_models_are_described(task: str):
    cfg = toy_config(task)
    found = described(cfg)
    assert {*found} == {"default_scope", "model", "test_dataloader"}
    assert "checkpoint" not in found.model.backbone
    with DefaultScope.overwrite_default_scope(found.default_scope):
        assert type(MODELS.build(found.model)).__name__ == cfg.model.type.rpartition(".")[2]


@pytest.mark.parametrize("name", DETECTORS)
def test_models_of_the_frameworks_are_described(name: str):
    assert described(detector_config(name)).model.type


def test_recognizer_of_images_is_described():
    assert "pretrained" not in described(tsn_config()).model.backbone


def test_given_description_stays_as_it_is():
    config = toy_config("lvis_frcnn").to_dict()
    before = repr(config)
    described_config(config, "detection", "best.pth")
    assert repr(config) == before


@functools.cache
def toy_description() -> dict[str, Any]:
    return toy_config("lvis_frcnn").to_dict()


def changed(way: str, value: Any) -> dict[str, Any]:
    config = copy.deepcopy(toy_description())
    *parts, last = way.split(".")
    section: Any = config
    for part in parts:
        section = section[int(part)] if isinstance(section, list) else section[part]
    section[int(last) if isinstance(section, list) else last] = value
    return config


BOMB = {"type": "subprocess.check_call", "args": ["true"]}


@pytest.mark.parametrize(
    ("way", "value"),
    [
        ("model.type", "os.system"),
        ("model.type", "antigravity"),  # importing it opens a browser
        ("model.type", 3),
        ("model.backbone", BOMB),
        ("model.data_preprocessor", BOMB),
        ("model.roi_head.bbox_head.loss_cls", BOMB),
        ("model.train_cfg.rcnn.assigner", BOMB),
        ("model._scope_", "os"),
        ("model.backbone._scope_", "antigravity"),
        ("model.test_cfg.rcnn.nms.type", "__import__('os').system('true')"),
        ("model.test_cfg.rpn.nms.type", "print"),
        ("model.backbone.type", "mmdet.CameraMotionCompensation"),
        ("model.backbone.type", "mmdet.BertModel"),
        ("model.backbone.type", "mmaction.VindLU"),
        ("model.backbone.type", "mmpretrain.ResNet"),
        ("model.backbone.type", "torchvision.resnet18"),
        ("model.neck.norm_cfg", {"type": "torch.hub.load"}),
        ("model.roi_head.bbox_head.loss_cls.class_weight", "weights/a.npy"),
        ("model.train_cfg.file", "..\\a.pkl"),
        ("test_dataloader.dataset.pipeline.0.type", "LoadImageFromNDArray"),
        ("test_dataloader.dataset.pipeline.1", BOMB),
        ("test_dataloader.dataset.pipeline.1.type", "mmdet.LoadProposals"),
        ("test_dataloader.dataset.pipeline.1.type", "mmdet.Albu"),
        ("test_dataloader.dataset.pipeline.1.type", "os.Resize"),
        ("test_dataloader.dataset.pipeline.1._scope_", "os"),
        ("test_dataloader.dataset.pipeline.1.inner", [BOMB]),
        ("test_dataloader.dataset.pipeline.1", "os.system"),
        ("test_dataloader.dataset.pipeline.1", {"scale": 3}),
    ],
)  # fmt: skip
def test_what_a_file_may_not_name_is_refused(way: str, value: Any):
    with pytest.raises(ValueError, match=r"best\.pth: (model|test_dataloader).* may name only"):
        described_config(changed(way, value), "detection", "best.pth")


@pytest.mark.parametrize(
    "way",
    ["model", "test_dataloader", "test_dataloader.dataset", "test_dataloader.dataset.pipeline"],
)
@pytest.mark.parametrize("value", [None, 3, "os.system"])
def test_part_that_is_missing_is_named(way: str, value: Any):
    with pytest.raises(
        ValueError, match=r"best\.pth describes no model \(model\) or no transforms"
    ):
        described_config(changed(way, value), "detection", "best.pth")


def test_files_of_weights_are_left_out():
    config = changed("model.backbone.init_cfg", {"type": "Pretrained", "checkpoint": "a/b.pth"})
    config["model"]["pretrained"] = "https://example.org/a.pth"
    config["custom_imports"] = {"imports": ["antigravity"]}
    found = described_config(config, "detection", "best.pth")
    assert "example" not in found.pretty_text and "antigravity" not in found.pretty_text
    assert "init_cfg" not in found.model.backbone


def test_files_of_a_classifier_by_words_are_left_out():
    head = {"type": "iclip.TextClassifier", "embed_dim": 8, "background": True}
    files = {"class_texts": "a/b.jsonl", "checkpoint": "c/d.pth", "class_embeddings": "e/f"}
    config = changed("model.roi_head.bbox_head.cls_predictor_cfg", head | files)
    found = described_config(config, "detection", "best.pth")
    assert found.model.roi_head.bbox_head.cls_predictor_cfg == head
    with DefaultScope.overwrite_default_scope("mmdet"):
        classifier = MODELS.build(found.model).roi_head.bbox_head.fc_cls
    assert type(classifier).__name__ == "TextClassifier" and not classifier.class_embeds.any()


def test_detector_by_words_is_described_without_files():
    config = Config.fromfile("downstream/toy/lvis_frcnn_openvocab.py").to_dict()
    found = described_config(config, "detection", "best.pth")
    with DefaultScope.overwrite_default_scope("mmdet"):
        model = MODELS.build(found.model)
    assert type(model).__name__ == "FrozenScoreRCNN"
    assert not model.roi_head.image_classifier.class_embeds.any()


# Calls that run or import what they are given. torch.load is safe in every process of the hub, and
# a file of weights that a setting names is left out.
RUNNING = {
    *("eval", "exec", "__import__", "import_module", "importlib.import_module"),
    *("os.system", "pickle.load", "pickle.loads", "subprocess.run", "subprocess.call"),
    *("torch.hub.load", "yaml.load", "get_object_from_string"),
}
# A module of the frameworks' models that does so, and why a description does not reach it.
HARMLESS = {
    "mmcv.ops.nms": "the name of an operator, which is checked",
    "mmcv.cnn.rfsearch.search": "a hook, which is in no registry of models",
}


def running_modules() -> Iterator[str]:
    """Yield the modules with parts of models in which a call could run what a setting holds."""
    for package in ("mmcv.cnn", "mmcv.ops", "mmdet.models", "mmseg.models", "mmaction.models"):
        root = Path(str(importlib.util.find_spec(package).origin)).parent
        for path in root.rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            calls = {
                ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)
            }
            if calls & RUNNING or any(".from_pretrained" in f".{call}" for call in calls):
                parts = path.relative_to(root).with_suffix("").parts
                yield ".".join([package, *(part for part in parts if part != "__init__")])


def test_modules_that_run_what_a_setting_names_are_known():
    found = {*running_modules()}
    assert "mmcv.ops.nms" in found
    unknown = {
        name
        for name in found - {*HARMLESS}
        if not any(f"{name}.".startswith(f"{part}.") for part in READING)
    }
    assert not unknown, "add them to READING, or to HARMLESS with the reason"
