"""Videos in a folder per class."""

from pathlib import Path

from iclip.own_data.video import folders as video_folders
from iclip.tasks import VIDEO


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


def test_folders_of_classes(tmp_path: Path):
    write(tmp_path, "run/b.mp4", "run/a.AVI", "run/notes.txt", "10/c.mp4", "jump up/d/e.webm")
    assert video_folders.signs(tmp_path) is not None
    found = video_folders.read(tmp_path, VIDEO)
    assert found.classes == ("10", "jump up", "run")
    clips = [(clip.file.removeprefix(f"{tmp_path}/"), clip.label) for clip in found.parts["train"]]
    assert sorted(clips) == [
        ("10/c.mp4", 0),
        ("jump up/d/e.webm", 1),
        ("run/a.AVI", 2),
        ("run/b.mp4", 2),
    ]
    assert [str(omission) for omission in found.left_out] == [
        f"1 .txt file ({tmp_path}/run/notes.txt)"
    ]


def test_folders_of_parts(tmp_path: Path):
    write(tmp_path, "train/run/a.mp4", "train/jump/b.mp4", "val/run/c.mp4", "test/jump/d.mp4")
    found = video_folders.read(tmp_path, VIDEO)
    assert found.classes == ("jump", "run")
    labels = {part: [clip.label for clip in clips] for part, clips in found.parts.items()}
    assert labels == {"train": [0, 1], "val": [1], "test": [0]}


def test_numbers_are_sorted_as_numbers(tmp_path: Path):
    write(tmp_path, *(f"{number}/a.mp4" for number in (10, 9, 2)))
    assert video_folders.read(tmp_path, VIDEO).classes == ("2", "9", "10")


def test_list_counts_before_folders(tmp_path: Path):
    write(tmp_path, "run/a.mp4", "jump/b.mp4")
    (tmp_path / "train.txt").write_text("run/a.mp4 0\njump/b.mp4 1\n")
    assert video_folders.signs(tmp_path) is None


def test_images_are_not_videos(tmp_path: Path):
    write(tmp_path, "run/a.jpg", "jump/b.jpg")
    assert video_folders.signs(tmp_path) is None
