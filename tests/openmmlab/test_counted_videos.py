"""Videos that do not decode, in training and in testing."""

from pathlib import Path

import pytest

import iclip.openmmlab  # noqa: F401  (before mmaction)

from iclip.openmmlab.counted_videos import CountedVideos  # isort: skip
from tests.openmmlab.test_prediction import video


class Decode:
    """As far as a pipeline must go to open a video."""

    def __call__(self, results: dict) -> dict:
        import decord

        results["frames"] = len(decord.VideoReader(results["filename"]))
        return results


def videos(folder: Path, good: int, bad: int, **settings) -> CountedVideos:
    names = [f"good{i}.mp4" for i in range(good)] + [f"bad{i}.mp4" for i in range(bad)]
    for name in names:
        if name.startswith("good"):
            video(folder / name, frames=4)
        else:
            (folder / name).write_bytes(b"no video")
    (folder / "list.txt").write_text("".join(f"{name} 0\n" for name in names))
    return CountedVideos(
        ann_file=str(folder / "list.txt"),
        pipeline=[Decode()],
        data_prefix=dict(video=str(folder)),
        **settings,
    )


def test_another_video_takes_its_place(tmp_path: Path):
    dataset = videos(tmp_path, good=3, bad=1)
    for _ in range(5):
        assert dataset[3]["frames"] == 4
    assert {Path(name).name for name in dataset.undecodable} == {"bad0.mp4"}


def test_too_many_stop_the_training(tmp_path: Path):
    dataset = videos(tmp_path, good=2, bad=2)
    assert dataset.prepare_data(2) is None
    with pytest.raises(ValueError, match=r"bad1\.mp4 does not decode .*2 of 4 videos so far, more"):
        dataset.prepare_data(3)
    lenient = videos(tmp_path, good=2, bad=2, max_undecodable=0.5)
    assert [lenient.prepare_data(i) for i in (2, 3)] == [None, None]


def test_testing_wants_every_video(tmp_path: Path):
    dataset = videos(tmp_path, good=1, bad=1, test_mode=True)
    assert dataset[0]["frames"] == 4
    with pytest.raises(ValueError, match=r"bad0\.mp4 does not decode .*take its line out"):
        dataset[1]
