"""Videos that do not decode, in training and in testing."""

from pathlib import Path

import pytest

import iclip.openmmlab  # noqa: F401  (before mmaction)

from iclip.openmmlab.video.skip_broken_videos import SkipBrokenVideos  # isort: skip
from iclip.openmmlab.video.frames import read_frames  # isort: skip
from mmaction.registry import DATASETS  # isort: skip
from tests.support.video_files import write_video  # isort: skip


class Decode:
    """As far as a pipeline must go to open a video."""

    def __call__(self, results: dict) -> dict:
        results["frames"] = len(read_frames(results["filename"], [0, 1, 2, 3]))
        return results


def videos(folder: Path, good: int, bad: int, **settings) -> SkipBrokenVideos:
    names = [f"good{i}.mp4" for i in range(good)] + [f"bad{i}.mp4" for i in range(bad)]
    for name in names:
        if name.startswith("good"):
            write_video(folder / name, frames=4)
        else:
            (folder / name).write_bytes(b"no video")
    (folder / "list.txt").write_text("".join(f"{name} 0\n" for name in names))
    return SkipBrokenVideos(
        ann_file=str(folder / "list.txt"),
        pipeline=[Decode()],
        data_prefix=dict(video=str(folder)),
        **settings,
    )


def test_another_video_takes_its_place(tmp_path: Path):
    dataset = videos(tmp_path, good=3, bad=1)
    for _ in range(5):
        assert dataset[3]["frames"] == 4
    assert {Path(name).name for name in dataset.undecodable.names} == {"bad0.mp4"}


def test_too_many_stop_the_training(tmp_path: Path):
    dataset = videos(tmp_path, good=2, bad=2)
    assert dataset.prepare_data(2) is None
    told = (
        r"bad1\.mp4 does not decode .*; 2 videos so far .*\(max_undecodable=0.01\) of 4 videos al"
    )
    with pytest.raises(ValueError, match=told):
        dataset.prepare_data(3)
    lenient = videos(tmp_path, good=2, bad=2, max_undecodable=0.5)
    assert [lenient.prepare_data(i) for i in (2, 3)] == [None, None]


def test_testing_wants_every_video(tmp_path: Path):
    dataset = videos(tmp_path, good=1, bad=1, test_mode=True)
    assert dataset[0]["frames"] == 4
    with pytest.raises(ValueError, match=r"bad0\.mp4 does not decode .*take its line out"):
        dataset[1]


def listed(folder: Path, lines: str, **settings) -> list[tuple[str, object]]:
    (folder / "list.txt").write_text(lines)
    dataset = SkipBrokenVideos(
        ann_file=str(folder / "list.txt"),
        pipeline=[],
        data_prefix=dict(video="clips"),
        **settings,
    )
    entries = (dataset.get_data_info(i) for i in range(len(dataset)))
    return [(entry["filename"], entry["label"]) for entry in entries]


def test_names_with_blanks_are_read(tmp_path: Path):
    found = listed(tmp_path, "playing guitar/a (0).mp4 3\nb.mp4\t1\n")
    assert found == [("clips/playing guitar/a (0).mp4", 3), ("clips/b.mp4", 1)]


def test_list_without_labels_is_predicted_from(tmp_path: Path):
    assert listed(tmp_path, "a b.mp4\nc.mp4\n") == [("clips/a b.mp4", -1), ("clips/c.mp4", -1)]


def test_several_labels_become_a_vector(tmp_path: Path):
    ((name, label),) = listed(tmp_path, "a b.mp4 0 2\n", multi_class=True, num_classes=3)
    assert (name, label.tolist()) == ("clips/a b.mp4", [1, 0, 1])


def test_line_without_a_label_is_named(tmp_path: Path):
    told = r"list\.txt: 1 line without a label after the file's name: line 2 'b\.mp4'\. Write"
    with pytest.raises(ValueError, match=told):
        listed(tmp_path, "a.mp4 0\nb.mp4\n")


@pytest.mark.parametrize("name", ["SkipBrokenVideos", "CountedVideos"])
def test_type_has_its_former_name_too(name: str):
    assert DATASETS.get(name) is SkipBrokenVideos
