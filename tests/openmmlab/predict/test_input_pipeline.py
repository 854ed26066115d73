"""Test pipelines take what a user has in place of what a data set lists."""

from pathlib import Path

import numpy as np
import pytest

from iclip.openmmlab.predict.input_pipeline import (
    image_input,
    image_steps,
    video_input,
    video_steps,
)


@pytest.mark.parametrize("scope", ["", "iclip.", "mmdet."])
def test_what_reads_files_is_left_out(scope: str):
    pipeline = [
        dict(type=f"{scope}LoadImageFromFile"),
        dict(type="Resize", scale=(8, 8)),
        dict(type="LoadAnnotations"),
        dict(type="mmdet.LoadPanopticAnnotations"),
        dict(type="LoadDepthAnnotation"),
        dict(type="PackSegInputs"),
    ]
    steps = image_steps(pipeline)
    assert [step["type"] for step in steps] == ["Resize", "PackSegInputs"]
    steps[0]["scale"] = None
    assert pipeline[1]["scale"] == (8, 8)


def test_pipeline_without_a_loader_is_refused():
    with pytest.raises(ValueError, match="test pipeline has no LoadImageFromFile"):
        image_steps([dict(type="Resize")])


def test_image_comes_with_its_shape():
    found = image_input(np.zeros((4, 6, 3), np.uint8))
    assert found["img_shape"] == found["ori_shape"] == (4, 6)


@pytest.mark.parametrize(
    ("opener", "decoder"),
    [("DecordInit", "DecordDecode"), ("iclip.OpenVideo", "iclip.DecodeFrames")],
)
def test_videos_are_read_through_pyav(opener: str, decoder: str):
    steps = video_steps([dict(type=opener), dict(type=decoder, num_threads=4)], one_clip=True)
    assert steps == [dict(type="iclip.OpenVideo"), dict(type="iclip.DecodeFrames")]


def test_one_central_view_is_taken():
    pipeline = [
        dict(type="SampleFrames", num_clips=4),
        dict(type="ThreeCrop", crop_size=8),
        dict(type="TenCrop", crop_size=9),
    ]
    steps = video_steps(pipeline, one_clip=True)[1:]
    assert steps == [
        dict(type="SampleFrames", num_clips=1),
        dict(type="CenterCrop", crop_size=8),
        dict(type="CenterCrop", crop_size=9),
    ]
    assert video_steps(pipeline, one_clip=False)[1]["num_clips"] == 4
    assert pipeline[0]["num_clips"] == 4


def test_video_is_named():
    assert video_input(Path("a/b.mp4"))["filename"] == "a/b.mp4"
