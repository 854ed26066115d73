"""Each fault of a video is an error of its file; a phone's video comes upright."""

import os
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

import iclip.openmmlab  # noqa: F401  (before mmaction)

from iclip.predict.input_decoding import timed_frames  # isort: skip
from iclip.openmmlab.video.frames import read_frames  # isort: skip
from tests.support.video_files import turn_clockwise, write_video  # isort: skip


def halved(path: Path) -> None:
    write_video(path, frames=60)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def sound_alone(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode())


def first_bytes(path: Path) -> None:
    write_video(path)
    path.write_bytes(path.read_bytes()[:40])


FAULTS: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "HTML": lambda path: path.write_text("<html>404</html>"),
    "cut in half": halved,
    "first bytes": first_bytes,
    "sound alone": sound_alone,
    "no frame": lambda path: write_video(path, frames=0),
    "pipe": os.mkfifo,
    "folder": Path.mkdir,
    "dangling link": lambda path: path.symlink_to("gone"),
    "link to itself": lambda path: path.symlink_to(path.name),
}


@pytest.mark.parametrize("read", ["training", "prediction"])
@pytest.mark.parametrize("fault", FAULTS)
def test_faulty_video_is_an_error_of_its_file(fault: str, read: str, tmp_path: Path) -> None:
    """Which training answers with another video, and prediction with a line, see their tests."""
    path = tmp_path / "x.mp4"
    FAULTS[fault](path)
    with pytest.raises((ValueError, OSError)) as error:
        if read == "training":
            read_frames(path, [0, 40])
        else:
            list(timed_frames(path, 0.1))
    assert str(error.value)


def test_video_of_a_phone_comes_upright_for_training_and_prediction(tmp_path: Path) -> None:
    write_video(tmp_path / "x.mp4", size=(32, 48))
    (plain,) = read_frames(tmp_path / "x.mp4", [0])
    turn_clockwise(tmp_path / "x.mp4")
    (turned,) = read_frames(tmp_path / "x.mp4", [0])
    np.testing.assert_array_equal(turned, np.rot90(plain, -1))
    _, frame = next(iter(timed_frames(tmp_path / "x.mp4", 1.0)))
    np.testing.assert_array_equal(frame[..., ::-1], turned)  # BGR -> RGB
