"""Faults of lists of videos, each found before the start and named."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

import iclip.openmmlab
import iclip.openmmlab.video.official_test_videos  # noqa: F401  (as a config's custom_imports do)
from tests.support.official_lists import write_hmdb_lists

from iclip.openmmlab.annotations import check_annotations  # isort: skip
from tests.support.odd_annotations import only, videos  # isort: skip
from tests.support.video_files import write_video  # isort: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_video(tmp_path / "a.mp4", frames=2)
    shutil.copy(tmp_path / "a.mp4", tmp_path / "b c.mp4")
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "text.mp4").write_bytes(b"no video")
    (tmp_path / "frames").mkdir()
    return tmp_path


def test_correct_list_has_no_findings(folder: Path):
    findings = check_annotations(videos(folder, "a.mp4 0\nb c.mp4 3\n"))
    assert (findings.problems, findings.notes) == ((), ())
    expected = "list.txt: 2 videos, 2 classes; checked: all files, 2 of them opened"
    assert str(findings.read["train"]).endswith(expected)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("a.mp4 3\na.mp4 4\n", "labels outside 0 to 3: 1 (4 of "),
        ("a.mp4 -1\n", "labels outside 0 to 3: 1 (-1 of "),
        ("a.mp4\n", "lines without a label after the file's name: 1 (line 1 'a.mp4'); write"),
        ("a.mp4 0\nb c.mp4 x\n", "after the file's name: 1 (line 2 'b c.mp4 x')"),
        ("a.mp4,0\n", "set the data set's delimiter=',', or write a blank"),
        ("label,youtube_id,time_start\nx,y,3\n", "it is Kinetics' table (label, youtube_id, ...)"),
        ("d.mp4 1\n", "missing videos: 1 ("),
        ("frames 1\n", "videos that are folders: 1 ("),
        ("a.mp4 0\nempty.mp4 1\n", "videos that are empty files: 1 ("),
        ("text.mp4 1\n", "videos that do not open, of 1 tried: 1 ("),
        ("a.mp4 0\na.mp4 1\n", "videos on several lines with different labels: 1 ("),
        ("\n", "it lists no video"),
        ("\udce4.mp4 0".encode("utf-8", "surrogateescape"), "list.txt is not UTF-8: line 1"),
    ],
)
def test_fault_is_named_and_counted(lines: str | bytes, told: str, folder: Path):
    problem = only(check_annotations(videos(folder, lines)).problems)
    assert problem.startswith(f"Annotations: {folder}/list.txt (train_dataloader.dataset.ann_file)")
    assert told in problem


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("a.mp4 0\na.mp4 0\n", "videos on several lines with the same label: 1 ("),
        ("a.mp4 0\ntext.mp4 1\n", "videos that do not open, of 2 tried: 1 ("),
    ],
)
def test_what_a_run_passes_over_is_counted(lines: str, told: str, folder: Path):
    findings = check_annotations(videos(folder, lines))
    assert findings.problems == ()
    assert told in only(findings.notes)


def test_blanks_that_mmactions_own_class_cannot_read(folder: Path):
    cfg = videos(folder, "a.mp4 0\nb c.mp4 3\n", kind="VideoDataset")
    problem = only(check_annotations(cfg).problems)
    assert (
        "lines that VideoDataset cannot split because of blanks in the name: 1 (line 2 'b c"
        in problem
    )
    assert "set train_dataloader.dataset.type=SkipBrokenVideos" in problem


def test_byte_order_mark_that_mmactions_own_class_takes_for_a_name(folder: Path):
    cfg = videos(folder, "a.mp4 0\n".encode("utf-8-sig"), kind="VideoDataset")
    assert "missing videos: 1 (" in only(check_annotations(cfg).problems)


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        (dict(delimiter=","), "b c.mp4,1\n"),
        (dict(multi_class=True, num_classes=4), "b c.mp4 1 2\n"),
    ],
)
def test_settings_of_the_data_set_are_followed(settings: dict[str, Any], lines: str, folder: Path):
    findings = check_annotations(videos(folder, lines, **settings))
    assert findings.problems == ()
    assert findings.read["train"].counts["videos"] == 1


def test_labels_file_must_name_all_classes(folder: Path):
    (folder / "labels.txt").write_text("left\nright\n")
    told = only(check_annotations(videos(folder, "a.mp4 0\n")).notes)
    assert "labels.txt has 2 names, the model 4 classes: the names are not used" in told


def test_missing_list_is_named(folder: Path):
    cfg = videos(folder, "a.mp4 0\n")
    (folder / "list.txt").unlink()
    assert "there is no such file: correct ann_file" in only(check_annotations(cfg).problems)


def official(folder: Path) -> Config:
    """A config that tests official splits, whose model was trained on another number of classes."""
    source = dict(type="OfficialTestVideos", ann_file=str(folder / "lists"))
    return Config(
        dict(
            default_scope="mmaction",
            model=dict(cls_head=dict(num_classes=1)),
            test_dataloader=dict(dataset=source | dict(data_prefix=dict(video=str(folder)))),
        )
    )


def test_official_splits_have_their_own_classes(tmp_path: Path):
    (tmp_path / "lists").mkdir()
    write_hmdb_lists(tmp_path / "lists")
    for name in ("brush_hair/(x)&y!.avi", "cartwheel/b.avi"):
        (tmp_path / name).parent.mkdir()
        write_video(tmp_path / name, frames=2)
    findings = check_annotations(official(tmp_path))
    assert (findings.problems, findings.notes) == ((), ())
    assert "lists: 2 videos, 2 classes" in str(findings.read["test"])
    (tmp_path / "cartwheel/b.avi").unlink()
    assert "missing videos: 1 (" in only(check_annotations(official(tmp_path)).problems)
    (tmp_path / "lists/cartwheel_test_split2.txt").write_text("b.avi 7\n")
    assert "cartwheel_test_split2.txt:1 is" in only(check_annotations(official(tmp_path)).problems)
