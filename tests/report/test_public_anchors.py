"""A transfer beside its task's public score: a verdict of its seeds, and what differs."""

from pathlib import Path

import pytest

from tests.support.run_folder import VIDEO, measured, sections, write_run, write_test

pytestmark = pytest.mark.usefixtures("without_plots")

SEGMENTATION = """
default_scope = 'mmseg'
model = dict(type='EncoderDecoder', backbone=dict(arch='base', checkpoint='a.pth'),
    decode_head=dict(type='MaskFormerHead', num_classes={classes}))
randomness = dict(seed={seed})
"""


def cells(folder: Path) -> list[list[str]]:
    """Name, anchor, verdict and causes of each evaluation."""
    rows = sections(folder)["section-c"]["tables"][0]["rows"]
    return [[cells[0], *cells[5:]] for cells in rows]


def write_seeds(folder: Path, classes: int = 150) -> None:
    for seed, miou in enumerate((50.0, 50.2, 50.4)):
        config = SEGMENTATION.format(classes=classes, seed=seed)
        write_run(folder / f"ade/seed{seed}", config, {"mIoU": miou})


def test_seeds_give_one_verdict(tmp_path: Path):
    write_seeds(tmp_path)
    found = cells(tmp_path)
    assert len(found) == 3
    for name, anchor, words, causes in found:
        assert anchor.startswith("public: 52.7"), name
        assert words == "apart: 2.5 off, 1.0 allowed (3 runs, ± 0.2)"
        assert causes == "nothing is known to differ"


def test_what_differs_stands_beside_a_score_that_is_apart(tmp_path: Path):
    write_seeds(tmp_path, classes=171)
    assert {row[3] for row in cells(tmp_path)} == {"classes 171, not 150"}


def test_a_single_run_takes_the_toy_worlds_spread(tmp_path: Path):
    write_run(tmp_path / "k400", VIDEO, {})
    write_test(tmp_path / "k400", {"acc/top1": 0.80}, [4, 3])
    ((_, _, words, causes),) = [row for row in cells(tmp_path) if row[2] != "-"]
    assert words.startswith("not apart: 2.7 off, 44.4 allowed (one run; spread of the toy world's")
    assert causes == "-"


def test_a_protocol_of_its_own_does_not_stand_beside_the_public_score(tmp_path: Path):
    write_run(tmp_path / "k400", VIDEO, {})
    record = measured(loader="test_dataloader", views=[4, 3], data=[], protocol="ucf101-zeroshot")
    write_test(tmp_path / "k400", {"acc/top1": 0.80}, measured=record)
    assert cells(tmp_path)[0][1] == "not comparable: protocol ucf101-zeroshot"


def test_toy_runs_have_no_verdict(tmp_path: Path):
    config = SEGMENTATION.format(classes=150, seed=0) + "toy = 'data/toy/ade'\n"
    write_run(tmp_path / "ade", config, {"mIoU": 50.0})
    assert cells(tmp_path) == [["ade", "not comparable: toy world", "-", "-"]]
