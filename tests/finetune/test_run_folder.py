"""A run's folder is new, or goes on; an error before the training leaves nothing of it."""

import re
from pathlib import Path

import pytest

from iclip.files.one_owner import IN_USE
from iclip.finetune.asked import Asked
from iclip.finetune.run_folder import (
    MARK,
    began_with,
    check_free,
    default_folder,
    is_prepared,
    preparing,
)

ASKED = Asked("detection", "pets")


@pytest.mark.parametrize(
    ("data", "name"),
    [("pets", "pets"), ("a/my pets!", "my_pets_"), ("a/x.v1i.yolo", "x.v1i.yolo"), ("é", "é")],
)
def test_default_folder_is_named_after_task_and_data(data: str, name: str):
    assert default_folder("video", Path(data)) == Path(f"work_dirs/finetune_video_{name}")


def test_file_of_data_names_the_folder_without_its_suffix(tmp_path: Path):
    (tmp_path / "boxes.json").touch()
    assert default_folder("detection", tmp_path / "boxes.json").name == "finetune_detection_boxes"


def test_prepared_folder_keeps_what_was_asked_for(tmp_path: Path):
    out = tmp_path / "a" / "w"
    with preparing(out, ASKED, print):
        assert not is_prepared(out)
        (out / "config.py").touch()
    assert is_prepared(out) and began_with(out) == ASKED
    assert sorted(file.name for file in out.iterdir()) == ["config.py", "finetune.json"]


@pytest.mark.parametrize("was_there", [False, True])
def test_error_leaves_nothing(tmp_path: Path, was_there: bool):
    out = tmp_path / "w"
    if was_there:
        out.mkdir()
    with pytest.raises(ValueError, match="boxes"), preparing(out, ASKED, print):
        (out / "data" / "maps").mkdir(parents=True)
        (out / "data" / "maps" / "1.png").touch()
        raise ValueError("boxes")
    assert out.exists() == was_there
    assert not was_there or not any(out.iterdir())


def test_kill_leaves_what_the_next_start_takes_over(tmp_path: Path):
    out = tmp_path / "w"
    with pytest.raises(KeyboardInterrupt), preparing(out, ASKED, print):
        (out / "half").touch()
        raise KeyboardInterrupt
    check_free(out)
    assert (out / "half").exists() and not is_prepared(out)
    with preparing(out, ASKED, print):
        pass
    assert is_prepared(out) and not (out / MARK).exists() and not (out / IN_USE).exists()


def test_existing_folder_is_refused_with_three_ways(tmp_path: Path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ValueError, match=re.escape(f"--out {tmp_path} already exists")) as raised:
        check_free(tmp_path)
    for way in ("--resume", "another --out", f"--checkpoint {tmp_path / 'best.pth'}"):
        assert way in str(raised.value)


def test_file_in_its_place_is_refused(tmp_path: Path):
    (tmp_path / "w").touch()
    with pytest.raises(ValueError, match="w is a file; name a folder"):
        check_free(tmp_path / "w")


@pytest.mark.parametrize(("exists", "told"), [(True, "holds no fine-tuning"), (False, "not exist")])
def test_nothing_to_continue_is_said(tmp_path: Path, exists: bool, told: str):
    with pytest.raises(ValueError, match=f"--resume: .*{told}.*--out"):
        began_with(tmp_path if exists else tmp_path / "w")
