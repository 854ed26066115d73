"""What was asked for is kept in the run's folder, and a continued run may not differ."""

import re
from pathlib import Path
from typing import Any

import pytest

from iclip.finetune.asked import MODELS, Asked
from iclip.models.swin.arch import ARCHITECTURES

ASKED = Asked("detection", "pets", out="w", epochs=10, cfg_options=("a.b=1", "c=[1,2]"))


def test_names_of_models_are_those_of_the_architectures():
    assert list(MODELS.values()) == list(ARCHITECTURES)


def test_record_is_read_as_it_was_written(tmp_path: Path):
    ASKED.save(tmp_path)
    assert Asked.load(tmp_path) == ASKED


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"task": 1, "cfg_options": [], "x": 2}'])
def test_damaged_record_is_named_with_a_way_to_go_on(tmp_path: Path, content: str):
    (tmp_path / "finetune.json").write_text(content)
    expected = f"{tmp_path / 'finetune.json'} is not the record of a fine-tuning"
    with pytest.raises(ValueError, match=re.escape(expected)) as raised:
        Asked.load(tmp_path)
    assert f"iclip train {tmp_path / 'config.py'} --resume" in str(raised.value)


def test_continued_run_keeps_what_is_not_given_again():
    again = Asked("detection", "./pets", gpus="2")
    assert ASKED.continued_by(again) == Asked(
        "detection", "./pets", out="w", epochs=10, gpus="2", cfg_options=ASKED.cfg_options
    )


def test_nought_is_given_and_a_flag_that_is_not_set_is_not():
    zeros = Asked("detection", "pets", seed=0, freeze=0, allow_unseen_classes=True)
    assert zeros.continued_by(Asked("detection", "pets")) == zeros
    assert zeros.continued_by(zeros) == zeros
    with pytest.raises(ValueError, match="--resume with --seed 0, but the run began without it"):
        ASKED.continued_by(Asked("detection", "pets", seed=0))
    expected = "--resume with --allow-unseen-classes, but the run began without it"
    with pytest.raises(ValueError, match=expected):
        ASKED.continued_by(Asked("detection", "pets", allow_unseen_classes=True))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (dict(epochs=20), "--resume with --epochs 20, but the run began with --epochs 10. Leave"),
        (dict(image_size=64), "--resume with --image-size 64, but the run began without it"),
        (dict(data="others"), "--resume with --data others, but the run began with --data pets"),
        (dict(cfg_options=("a.b=2",)), "--cfg-options a.b=2, but the run began with --cfg-options"),
        (dict(task="video"), "--resume with --task video, but the run began with --task detection"),
    ],
)
def test_another_setting_is_named(changes: dict[str, Any], expected: str):
    again = Asked(**{"task": "detection", "data": "pets", **changes})
    with pytest.raises(ValueError, match=re.escape(expected)):
        ASKED.continued_by(again)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (dict(epochs=0), "--epochs is 0; it takes a whole number from 1 up"),
        (dict(image_size=31), "--image-size is 31; it takes a whole number from 32 up"),
        (dict(batch_size=-1), "--batch-size is -1"),
        (dict(freeze=-1), "--freeze is -1; it takes a whole number from 0 up"),
        (dict(layer_decay=0.0), "--layer-decay is 0; it takes a number above 0, at most 1"),
        (dict(layer_decay=1.5), "--layer-decay is 1.5"),
        (dict(layer_decay=float("nan")), "--layer-decay is nan"),
    ],
)
def test_number_that_no_training_takes_is_refused(changes: dict[str, Any], expected: str):
    with pytest.raises(ValueError, match=re.escape(expected)):
        Asked("detection", "pets", **changes)
