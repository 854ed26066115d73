"""Everything that a run lacks is told in one message before it starts."""

from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

from iclip.engine.start.launch import Launch
from iclip.engine.start.preflight import (
    NotReadyError,
    check_ready,
    checkpoint_problems,
    small_run_hint,
)
from tests.support.config_of_data import config_of_data, make_data


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_data(tmp_path / "data")


def test_run_that_lacks_nothing_may_start(root: Path):
    check_ready(config_of_data(root), Launch(1, "cpu"), {"ICLIP_DATA": str(root)})


def test_everything_missing_is_one_message(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    with pytest.raises(NotReadyError) as error:
        check_ready(config_of_data(Path("nowhere")), Launch(8, "cuda"), {"ICLIP_DATA": "nowhere"})
    text = str(error.value)
    assert "2 things are missing:\n  1. GPUs: 8 GPUs asked for, 0 here" in text
    assert "\n  2. Data: the data root 'nowhere' does not exist" in text


def test_batch_that_the_processes_of_a_training_cannot_share_is_missing_too(root: Path):
    cfg = config_of_data(root)
    cfg.global_batch_size, cfg.launcher = 16, "pytorch"
    cfg.train_dataloader.batch_sampler = dict(type="MixingBatchSampler", ratio=(1, 1))
    environment = {"ICLIP_DATA": str(root), "RANK": "0", "WORLD_SIZE": "3"}
    check_ready(cfg, Launch(1, "cpu"), environment)
    with pytest.raises(NotReadyError, match=r"1\. Batch: global_batch_size=16 .* 3 processes"):
        check_ready(cfg, Launch(1, "cpu"), environment, trains=True)


def test_unknown_method_lists_the_methods(root: Path):
    cfg = config_of_data(root)
    cfg.model.type = "ICLPI"
    with pytest.raises(NotReadyError, match=r"model\.type is 'ICLPI'; there are ") as error:
        check_ready(cfg, Launch(1, "cpu"), {"ICLIP_DATA": str(root)})
    methods = str(error.value).split("there are ")[1].split(", ")
    assert {"CLIP", "ICLIP", "MultiTask", "Supervised", "UniCL"} <= set(methods)
    assert not {"SwinBackbone", "TextTransformer"} & set(methods)


def test_methods_of_other_frameworks_are_their_own_business(root: Path):
    cfg = config_of_data(root)
    cfg.model.type = "mmdet.FasterRCNN"
    check_ready(cfg, Launch(1, "cpu"), {"ICLIP_DATA": str(root)})


def test_weights_that_a_training_starts_from_are_no_matter_of_a_test(root: Path):
    cfg = config_of_data(root)
    cfg.model.classifier = dict(checkpoint=str(root / "absent.pth"))
    environment = {"ICLIP_DATA": str(root)}
    check_ready(cfg, Launch(1, "cpu"), environment)
    with pytest.raises(NotReadyError, match=r"there is no file .*absent\.pth \(model\.classifier"):
        check_ready(cfg, Launch(1, "cpu"), environment, trains=True)


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    """A folder of configs, two of them micro."""
    (tmp_path / "configs" / "micro").mkdir(parents=True)
    for name in ("clip.py", "iclip.py"):
        (tmp_path / "configs" / "micro" / name).touch()
    return tmp_path / "configs"


def test_small_run_is_named_for_a_large_config(configs: Path):
    hint = small_run_hint(configs / "iclip_swinb.py")
    assert hint.endswith(f"then tools/pretrain.sh {configs}/micro/iclip.py")
    assert "tools/make_toy_data.py" in hint


def test_only_the_toy_data_is_named_for_a_small_config(configs: Path):
    hint = small_run_hint(configs / "micro" / "iclip.py")
    assert hint.startswith("tools/make_toy_data.py")
    assert "pretrain.sh" not in hint


@pytest.mark.parametrize("modules", ["text_encoder", ["backbone", "text_encoder"]])
def test_checkpointing_that_freezes_towers_is_refused(root: Path, modules: Any):
    cfg = config_of_data(root)
    cfg.activation_checkpointing = modules
    expected = r"1\. Setting: activation_checkpointing=.* set model\.backbone\.with_cp=True or "
    with pytest.raises(NotReadyError, match=expected):
        check_ready(cfg, Launch(1, "cpu"), {"ICLIP_DATA": str(root)})


def test_settings_that_only_the_report_reads_are_checked_before_the_start(root: Path):
    cfg = config_of_data(root)
    cfg.protocol = "lvis-open"
    cfg.new_classes = dict(tested="a.jsonl", traind="b.jsonl")
    cfg.expected = {"lvis/AP": dict(value=200, tolerance=1)}
    with pytest.raises(NotReadyError, match="3 things are missing") as error:
        check_ready(cfg, Launch(1, "cpu"), {"ICLIP_DATA": str(root)})
    text = str(error.value)
    assert "Setting: expected['lvis/AP']['value'] is 200; it takes a number of percent" in text
    assert "Setting: protocol 'lvis-open' is not known" in text
    assert "Setting: new_classes: it has the key traind: is trained meant?" in text


def test_weights_of_a_hub_that_cannot_be_had_are_listed(root: Path):
    cfg = config_of_data(root)
    cfg.model.backbone = dict(checkpoint="hf-hub:org/absent")
    expected = (
        r"1\. Weights: hf-hub:org/absent is not in the cache .*\(model\.backbone\.checkpoint\)"
    )
    with pytest.raises(NotReadyError, match=expected):
        check_ready(cfg, Launch(1, "cpu"), {"ICLIP_DATA": str(root)}, trains=True)


def test_compiler_that_is_missing_is_named(root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CXX", "/absent/g++")
    cfg = config_of_data(root)
    cfg["compile"] = True
    with pytest.raises(NotReadyError, match=r"1\. Compiler: compile=True .* /absent/g\+\+ on PATH"):
        check_ready(cfg, Launch(1, "cpu"), {"ICLIP_DATA": str(root)})


def test_missing_weights_are_named_once_with_all_settings_that_name_them(tmp_path: Path):
    (tmp_path / "there.pth").touch()
    absent, head = str(tmp_path / "absent.pth"), dict(type="iclip.TextClassifier")
    model = dict(
        backbone=dict(checkpoint=absent),
        head=[head | dict(checkpoint=absent), head | dict(checkpoint=str(tmp_path / "there.pth"))],
        others=[
            dict(checkpoint=name)
            for name in (None, "open_clip:ViT-B-16:openai", "torchvision://resnet50")
        ],
    )
    (problem,) = checkpoint_problems(dict(model=model))
    assert problem.startswith(
        f"Weights: there is no file {absent} (model.backbone.checkpoint, model.head.0.checkpoint)."
    )


def test_evaluation_needs_no_weights_that_a_training_starts_from(tmp_path: Path) -> None:
    cfg = Config(
        dict(
            default_scope="mmseg",
            model=dict(decode_head=dict(classifier=dict(checkpoint=str(tmp_path / "absent.pth")))),
        )
    )
    check_ready(cfg, Launch(1, "cpu"), {})
    with pytest.raises(NotReadyError, match=r"there is no file .*absent.pth"):
        check_ready(cfg, Launch(1, "cpu"), {}, trains=True)
