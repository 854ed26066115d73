"""A written config: few lines, for people, of which the header says how it came about."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from iclip.checkpoints.model_files import ModelFile
from iclip.finetune.asked import Asked
from iclip.finetune.heads import Heads
from iclip.finetune.tasks import TASK_NAMES, task_named
from iclip.finetune.written_config import command_of, written_config
from tests.support.own_choice import backbone, choice_for, micro_backbone, own_data
from tests.support.written_run import written

MOST_LINES = 90


@pytest.mark.parametrize("swin", [backbone("base"), micro_backbone()], ids=["base", "micro"])
@pytest.mark.parametrize("task", TASK_NAMES)
def test_it_has_few_lines_with_a_reason_above_each_part(task: str, swin):
    choice = choice_for(task_named(task).recipe, own_data(task), swin)
    text = written_config(task_named(task), choice, Asked(task, "pets"))
    assert text.count("\n") <= MOST_LINES
    parts = text.split("\n\n")
    assert all(part.startswith("# ") for part in parts)
    inherited = f'_base_ = "iclip::downstream/own/{"micro/" * (swin.size == "micro")}{task}.py"'
    assert inherited in parts[0]


def test_notes_on_the_data_are_comments(tmp_path: Path):
    data = own_data(notes=("val: drawn by a hash\nprint('not run')",), root=Path("/d/\nexit()"))
    cfg = written(tmp_path, choice_for(task_named("detection").recipe, data))
    assert cfg.classes == ("cat", "dog")


def test_best_checkpoint_is_kept_behind_the_recipes_hooks(tmp_path: Path):
    cfg = written(tmp_path, choice_for(task_named("detection").recipe))
    assert cfg.custom_hooks[-1] == dict(type="iclip.KeepBest", metric="coco/bbox_mAP")
    assert "iclip.GuardNumbers" in [hook.type for hook in cfg.custom_hooks]


def test_seed_is_written(tmp_path: Path):
    choice = choice_for(task_named("detection").recipe)
    assert written(tmp_path, choice, seed=7).randomness.seed == 7


def test_weights_of_heads_are_those_of_the_whole_model(tmp_path: Path):
    swin = backbone(checkpoint="/w/best.pth")
    choice = choice_for(task_named("detection").recipe, swin=swin)
    assert written(tmp_path, choice).model.backbone.checkpoint == "/w/best.pth"
    taken = Heads("of the same classes", ModelFile(Path("best.pth"), "detection", {}, {}))
    cfg = written(tmp_path, replace(choice, heads=taken))
    assert (cfg.load_from, cfg.model.backbone.checkpoint) == ("/w/best.pth", None)


def test_command_is_written_as_it_can_be_typed():
    asked = Asked("video", "my clips", epochs=3, layer_decay=0.8, cfg_options=("a=1", "b=2"))
    expected = "iclip finetune video --data 'my clips' --epochs 3 --layer-decay 0.8"
    assert command_of(asked) == f"{expected} --cfg-options a=1 b=2"
    assert shlex.split(command_of(asked))[4] == "my clips"
    flagged = Asked("video", "clips", seed=0, allow_unseen_classes=True)
    assert command_of(flagged).endswith("--data clips --seed 0 --allow-unseen-classes")
