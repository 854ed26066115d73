import fcntl
from dataclasses import replace
from pathlib import Path

import pytest

from iclip.toy import build
from iclip.toy.build import PARTS, make_world
from iclip.toy.world import WorldConfig
from tests.toy.conftest import TINY

SMALL = WorldConfig(
    seed=4,
    labelled_per_class=1,
    val_per_class=1,
    pairs=30,
    pairs_per_shard=10,
    retrieval_images=10,
    lvis_train_images=30,
    lvis_val_images=5,
    ade20k_train_images=3,
    ade20k_val_images=2,
    kinetics_train_clips=3,
    kinetics_val_clips=2,
    clip_frames=4,
)


def contents(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def small_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("small") / "toy"
    make_world(root, SMALL, workers=1)
    return root


def test_two_workers_write_the_same_bytes_as_one(small_root: Path, tmp_path: Path) -> None:
    make_world(tmp_path / "toy", SMALL, workers=2)
    assert contents(tmp_path / "toy") == contents(small_root)


def test_other_seed_draws_other_images(small_root: Path, tmp_path: Path) -> None:
    make_world(tmp_path, replace(SMALL, seed=5), workers=1, only=["pairs", "kinetics"])
    ours, others = contents(small_root), contents(tmp_path)
    for name in ("pairs/00000.tar", "class_texts_seen.jsonl", "kinetics/clips/val_00000.mp4"):
        assert ours[name] != others[name]


def test_nothing_hidden_is_left_but_the_lock(tiny_root: Path) -> None:
    assert [p.name for p in tiny_root.rglob(".*")] == [".lock"]


def test_finished_world_is_reused_and_says_so(tiny_root: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in tiny_root.rglob("*.jpg")}
    said: list[str] = []
    make_world(tiny_root, TINY, workers=1, say=said.append)
    assert {p: p.stat().st_mtime_ns for p in tiny_root.rglob("*.jpg")} == before
    assert len([line for line in said if "is reused" in line]) == len(PARTS)


def test_other_settings_are_refused_by_name_and_nothing_is_touched(small_root: Path) -> None:
    before = contents(small_root)
    message = r"holds a toy world of other settings \(pairs 30 there, 31 asked for; noise 12.0.*"
    with pytest.raises(ValueError, match=message + "give another folder, or delete"):
        make_world(small_root, replace(SMALL, pairs=31, noise=2.0), workers=1)
    assert contents(small_root) == before


def test_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(ValueError, match=r"holds thesis.txt but no world.json: give an empty"):
        make_world(tmp_path, SMALL, workers=1)
    assert contents(tmp_path)["thesis.txt"] == b"precious"


def test_what_a_killed_run_was_writing_is_removed(tmp_path: Path) -> None:
    (tmp_path / "world.json.0f1e.tmp").touch()
    make_world(tmp_path, SMALL, workers=1, only=["ade20k"])
    assert (tmp_path / "world.json").is_file()
    assert not list(tmp_path.glob("*.tmp"))


def test_folder_that_another_process_draws_in_is_refused(tmp_path: Path) -> None:
    with (tmp_path / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(ValueError, match=r"another process is drawing in --root .*wait for it"):
            make_world(tmp_path, SMALL, workers=1)


def test_unknown_part_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"--only coco is unknown: choose from labelled,pairs"):
        make_world(tmp_path, SMALL, only=["coco"])


def test_no_workers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"--workers 0 is not allowed: give 1 or more"):
        make_world(tmp_path, SMALL, workers=0)


def test_part_that_fails_leaves_nothing_and_the_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world(tmp_path, SMALL, workers=1, only=["retrieval"])
    drawn = contents(tmp_path)

    def full_disk(*args: object) -> int:
        raise OSError(28, "No space left on device")

    broken = {**PARTS, "pairs": replace(PARTS["pairs"], draw=full_disk)}
    monkeypatch.setattr(build, "PARTS", broken)
    with pytest.raises(OSError, match="No space left"):
        make_world(tmp_path, SMALL, workers=1, only=["pairs"])
    assert contents(tmp_path) == drawn
    monkeypatch.undo()
    make_world(tmp_path, SMALL, workers=1, only=["pairs"])
    assert len(list((tmp_path / "pairs").iterdir())) == 3
