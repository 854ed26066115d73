"""Images and frames of videos, as the frameworks' pipelines take them."""

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.predict.input_decoding import read_image, timed_frames
from tests.support.video_files import write_lighter_and_lighter


def test_images_are_turned_as_the_file_says(tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    Image.new("RGB", (6, 4)).save(tmp_path / "a.jpg", exif=exif)
    assert read_image(tmp_path / "a.jpg").shape == (6, 4, 3)


@pytest.mark.parametrize(("every", "expected"), [(1.0, [0, 1, 2]), (0.5, [0, 0.5, 1, 1.5, 2, 2.5])])
def test_frames_are_spaced_in_time(every: float, expected: list[float], tmp_path: Path):
    clip = write_lighter_and_lighter(tmp_path / "clip.mp4", frames=24, rate=8)
    assert [at for at, _ in timed_frames(clip, every)] == expected


def test_gap_in_time_gives_no_frames_in_a_row(tmp_path: Path):
    """After ten seconds without a frame, the next ones are not all taken to make up for it."""
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width, stream.height = 64, 48
        for at in (0, 1, 2, 90, 91, 92):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            frame.pts = at
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert [at for at, _ in timed_frames(tmp_path / "a.mkv", 1.0)] == pytest.approx(
        [0, 11.25], abs=0.01
    )
