"""Files of videos are opened, and what is not one is refused by name."""

from pathlib import Path

import numpy as np
import pytest

from iclip.datasets.readers.video_files import open_video, upright
from tests.support.video_files import numbered_frame, turn_clockwise, write_video


def test_video_is_opened(tmp_path: Path):
    write_video(tmp_path / "a.mp4", frames=3)
    with open_video(tmp_path / "a.mp4") as container:
        assert sum(1 for _ in container.decode(video=0)) == 3


@pytest.mark.parametrize("content", [b"", b"no video", b"#EXTM3U\nhttp://127.0.0.1/a.ts\n"])
def test_what_is_not_a_video_is_named(content: bytes, tmp_path: Path):
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.mp4 is not a video file"):
        open_video(tmp_path / "a.mp4")


def test_frame_is_turned_as_its_file_says(tmp_path: Path):
    write_video(tmp_path / "a.mp4", frames=1, size=(32, 48))
    turn_clockwise(tmp_path / "a.mp4")
    with open_video(tmp_path / "a.mp4") as container:
        frame = next(container.decode(video=0))
        turned = upright(frame, frame.to_ndarray(format="rgb24"))
    expected = np.rot90(numbered_frame(0), -1).astype(int)
    assert turned.shape == (48, 32, 3)
    assert np.abs(turned.astype(int) - expected).mean() < 30  # the codec loses some
