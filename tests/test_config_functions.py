"""What configs compute, and that mmengine takes it as a text-style config's."""

from pathlib import Path

import pytest
from mmengine.config import Config
from open_clip.constants import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD

from iclip.config_functions import (
    clip_pixels,
    clip_settings,
    frozen_score_head,
    swin_channels,
    text_box_head,
    with_changes,
    with_settings,
    without_settings,
)

PIPELINE = [dict(type="Load"), dict(type="Resize", scale=8, keep_ratio=True), dict(type="Pack")]


def test_settings_change_by_type_and_the_rest_stays():
    changed = with_settings(PIPELINE, Resize=dict(scale=4), Pack=dict(type="PackAll"))
    assert changed == [
        dict(type="Load"), dict(type="Resize", scale=4, keep_ratio=True), dict(type="PackAll"),
    ]  # fmt: skip
    assert PIPELINE[1]["scale"] == 8


def test_type_that_no_part_has_is_named():
    with pytest.raises(ValueError, match="no part has type='Crop'; the types are Load, Resize"):
        with_settings(PIPELINE, Crop=dict(size=4))


@pytest.mark.parametrize(
    ("settings", "changes", "inherited", "expected"),
    [
        (dict(a=1, b=2), {"a": 3}, None, dict(a=3, b=2)),
        (dict(a=dict(b=1)), {"a.c": 2, "a.d.e": 3}, None, dict(a=dict(b=1, c=2, d=dict(e=3)))),
        (dict(a=[dict(b=1), 2]), {"a.0.b": 5, "a.1": 6}, None, dict(a=[dict(b=5), 6])),
        ((1, 2), {"1": 9}, None, (1, 9)),
        # mmengine merges mappings, and replaces lists.
        ({}, {"a.b": 1}, dict(a=dict(c=2)), dict(a=dict(b=1))),
        (None, {"1.x": 7}, [1, dict(x=2)], [1, dict(x=7)]),
        (dict(a={}), {"a.b.1.x": 7}, dict(a=dict(b=[1, dict(x=2)])),
         dict(a=dict(b=[1, dict(x=7)]))),
    ],
)  # fmt: skip
def test_settings_change_by_their_dotted_keys(settings, changes, inherited, expected):
    before = repr((settings, inherited))
    assert with_changes(settings, changes, inherited) == expected
    assert repr((settings, inherited)) == before


def test_settings_are_left_out_by_name_and_the_rest_stays():
    assert without_settings(PIPELINE[1], "type", "scale") == dict(keep_ratio=True)
    assert PIPELINE[1]["type"] == "Resize"
    with pytest.raises(ValueError, match="no setting size; the settings are type, scale, keep_rat"):
        without_settings(PIPELINE[1], "type", "size")


CLIPS = [
    dict(type="SampleFrames", clip_len=32, frame_interval=2),
    dict(type="Resize", scale=(-1, 256)),
    dict(type="RandomResizedCrop"),
    dict(type="Resize", scale=(224, 224), keep_ratio=False),
    dict(type="CenterCrop", crop_size=224),
    dict(type="Flip", flip_ratio=0.5),
]


@pytest.mark.parametrize(("mirror", "flipped"), [(True, 0.5), (False, 0.0)])
def test_clips_get_another_size_everywhere(mirror: bool, flipped: float):
    assert clip_settings(CLIPS, 16, 112, 128, mirror) == [
        dict(type="SampleFrames", clip_len=16, frame_interval=2),
        dict(type="Resize", scale=(-1, 128)),
        dict(type="RandomResizedCrop"),
        dict(type="Resize", scale=(112, 112), keep_ratio=False),
        dict(type="CenterCrop", crop_size=112),
        dict(type="Flip", flip_ratio=flipped),
    ]
    assert CLIPS[0]["clip_len"] == 32


@pytest.mark.parametrize(
    ("arch", "channels"),
    [
        ("tiny", [96, 192, 384, 768]),
        ("base", [128, 256, 512, 1024]),
        (dict(_delete_=True, embed_dims=48, depths=(2, 2), num_heads=(3, 6)), [48, 96]),
    ],
)
def test_each_stage_doubles_the_channels(arch: str | dict, channels: list[int]):
    assert swin_channels(arch) == channels


def test_functions_are_no_part_of_a_config(tmp_path: Path):
    (tmp_path / "base.py").write_text("steps = [dict(type='Load', size=1)]\n")
    (tmp_path / "leaf.py").write_text(
        "_base_ = './base.py'\n"
        "from iclip.config_functions import with_settings\n"
        "steps = with_settings(_base_.steps, Load=dict(size=2))\n"
    )
    config = Config.fromfile(tmp_path / "leaf.py").to_dict()
    assert config == dict(steps=[dict(type="Load", size=2)])


def test_pixels_are_those_of_the_clip_models():
    """open_clip states them in 0..1."""
    theirs = {"mean": OPENAI_DATASET_MEAN, "std": OPENAI_DATASET_STD}
    for name, values in theirs.items():
        assert clip_pixels()[name] == pytest.approx([255 * value for value in values])


def test_heads_of_words_take_the_classifier_and_leave_it_as_it_was():
    classifier = dict(type="iclip.TextClassifier", embed_dim=8)
    assert text_box_head(classifier)["cls_predictor_cfg"] == dict(classifier, background=True)
    head = frozen_score_head(classifier, "tiny", 32, new_share=0.5)
    own = dict(in_features=768, projection="pretrained")
    assert head["image_classifier"] == dict(classifier, **own)
    extractor = head["image_roi_extractor"]
    assert (extractor["out_channels"], extractor["featmap_strides"]) == (768, [32])
    assert head["new_share"] == 0.5 and "trained_share" not in head
    assert classifier == dict(type="iclip.TextClassifier", embed_dim=8)
