"""Frames through PyAV: the ones asked for, as decord reads them, turned as the file says."""

from pathlib import Path

import av
import numpy as np
import pytest

import iclip.openmmlab  # noqa: F401  (before mmaction)

from mmaction.datasets.transforms import DecordDecode, DecordInit, SampleFrames  # isort: skip
from mmengine.dataset import Compose  # isort: skip
from iclip.openmmlab.video.frames import (  # isort: skip
    DecodeFrames,
    OpenVideo,
    check_opens,
    frame_count,
    read_frames,
)
from tests.support.video_files import turn_clockwise, write_video  # isort: skip

IRREGULAR = [0, 1, 9, 10, 30, 31, 60, 61]


def every_frame(path: Path) -> list[np.ndarray]:
    """All frames, one after the other, without any of the code under test."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.mark.parametrize(
    ("name", "codec", "times"),
    [
        ("a.mp4", "mpeg4", None),
        ("a.avi", "mpeg4", None),
        ("a.webm", "libvpx", None),
        ("a.mkv", "mpeg4", IRREGULAR),
        ("a.mp4", "mpeg4", IRREGULAR),
    ],
)
def test_frames_are_counted_by_their_place(name: str, codec: str, times, tmp_path: Path):
    write_video(tmp_path / name, times=times, codec=codec)
    expected = every_frame(tmp_path / name)
    assert len(expected) == 8
    assert frame_count(tmp_path / name) == 8
    for indices in ([0], [7], [3, 3, 1], [6, 0, 5, 2]):
        found = read_frames(tmp_path / name, indices)
        assert all((a == expected[i]).all() for a, i in zip(found, indices, strict=True))
    threaded = read_frames(tmp_path / name, range(8), num_threads=2)
    assert all((a == b).all() for a, b in zip(threaded, expected, strict=True))


def sampled(steps: list, path: Path, **settings) -> dict:
    np.random.seed(3)
    pipeline = Compose([steps[0], SampleFrames(**settings), steps[1]])
    return pipeline(dict(filename=str(path), start_index=0))


@pytest.mark.parametrize(
    "settings",
    [
        dict(clip_len=4, frame_interval=2, num_clips=1),
        dict(clip_len=4, frame_interval=2, num_clips=4, test_mode=True),
        dict(clip_len=16, frame_interval=3, num_clips=1),  # longer than the small clip
    ],
)
@pytest.mark.parametrize("name", ["arm_wrestling.mp4", "test.avi", "test.mp4", "small.mp4"])
def test_pipeline_gives_what_mmactions_gives_with_decord(
    name: str, settings: dict, tmp_path: Path, request: pytest.FixtureRequest
):
    pytest.importorskip("decord")
    if name == "small.mp4":
        path = tmp_path / name
        write_video(path, size=(64, 64))  # decord fails at widths that are not multiples of 32
    else:
        path = request.getfixturevalue("real_data") / "video" / name
    ours = sampled([OpenVideo(), DecodeFrames()], path, **settings)
    theirs = sampled([DecordInit(), DecordDecode()], path, **settings)
    assert (np.stack(ours["imgs"]) == np.stack(theirs["imgs"])).all()
    for key in ("total_frames", "avg_fps", "img_shape", "original_shape"):
        assert ours[key] == theirs[key]


def test_turned_video_comes_upright(tmp_path: Path):
    path = tmp_path / "a.mp4"
    write_video(path)
    lying = every_frame(path)
    turn_clockwise(path)
    upright = read_frames(path, [0, 5])
    assert all((a == np.rot90(lying[i], -1)).all() for a, i in zip(upright, (0, 5), strict=True))
    shape = sampled([OpenVideo(), DecodeFrames()], path, clip_len=2)["img_shape"]
    assert tuple(shape) == (48, 32)


def test_few_absent_frames_repeat_the_last_one(tmp_path: Path):
    write_video(tmp_path / "a.mp4", frames=40)
    last = every_frame(tmp_path / "a.mp4")[-1]
    assert (read_frames(tmp_path / "a.mp4", [40])[0] == last).all()
    with pytest.raises(ValueError, match=r"a\.mp4 holds 40 frames, frame 60 was asked for"):
        read_frames(tmp_path / "a.mp4", [60])


def test_file_of_another_kind_is_named(tmp_path: Path):
    (tmp_path / "a.mp4").write_bytes(b"no video")
    with pytest.raises(ValueError, match=r"a\.mp4 is not a video file: "):
        check_opens(tmp_path / "a.mp4")
    with pytest.raises(FileNotFoundError):
        check_opens(tmp_path / "absent.mp4")


def test_file_with_sound_alone_is_refused(tmp_path: Path):
    path = tmp_path / "a.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(ValueError, match=r"a\.mov has no video stream"):
        check_opens(path)


def test_truncated_video_is_an_error(tmp_path: Path):
    path = tmp_path / "a.avi"
    write_video(path, frames=40)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ValueError, match=r"a\.avi holds \d+ frames, frame 39 was asked for"):
        read_frames(path, [39])
