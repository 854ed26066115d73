"""Frames of a video's contact sheet."""

from pathlib import Path

import numpy as np
import pytest

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.openmmlab.video.contact_sheet import evenly_spaced_frames
from tests.support.video_files import write_lighter_and_lighter


def test_frames_are_evenly_spaced(tmp_path: Path):
    frames = evenly_spaced_frames(write_lighter_and_lighter(tmp_path / "clip.mp4", frames=21), 5)
    means = [frame.mean() for frame in frames]
    assert np.diff(means) == pytest.approx([50] * 4, abs=8)
