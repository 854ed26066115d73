"""Seeds of one experiment are averaged; whatever differs in more stays apart."""

from pathlib import Path

import pytest

from iclip.report.run_folders import find_runs
from iclip.report.seeds import grouped
from tests.support.run_folder import DETECTION, pretraining, sections, write_run

pytestmark = pytest.mark.usefixtures("without_plots")

TOY = """
default_scope = 'mmdet'
model = dict(type='FasterRCNN', backbone=dict(checkpoint={checkpoint!r}))
toy = 'data/toy/lvis'
optim_wrapper = dict(optimizer=dict(lr={lr}))
randomness = dict(seed={seed})
work_dir = {work_dir!r}
"""


def write_toy(
    folder: Path, ap: float, seed: int = 0, checkpoint: str | None = "a.pth", lr: float = 1e-3
) -> None:
    config = TOY.format(checkpoint=checkpoint, lr=lr, seed=seed, work_dir=str(folder))
    write_run(folder, config, {"lvis/AP": ap})


def groups(folder: Path) -> dict[str, list[str]]:
    return {
        name: [run.name for run in members]
        for name, members in grouped(find_runs([folder])).items()
    }


@pytest.mark.parametrize("place", ["x/seed{}", "seed_{}/x", "x/seed-{}/y"])
def test_equal_configs_of_different_seeds_are_one_experiment(place: str, tmp_path: Path):
    for seed in range(2):
        write_toy(tmp_path / place.format(seed), 1.0, seed, f"pre/seed{seed}/latest.pth")
    (members,) = groups(tmp_path).values()
    assert members == [place.format(seed) for seed in range(2)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (dict(seed=0, lr=1e-3), dict(seed=1, lr=1e-4)),  # another config
        (dict(seed=0), dict(seed=0)),  # the same seed
        (dict(seed=0, checkpoint="a.pth"), dict(seed=1, checkpoint=None)),
    ],
)
def test_what_differs_in_more_than_the_seed_stays_apart(first, second, tmp_path: Path):
    write_toy(tmp_path / "x/seed0", 1.0, **first)
    write_toy(tmp_path / "x/seed1", 1.0, **second)
    assert groups(tmp_path) == {"x/seed0": ["x/seed0"], "x/seed1": ["x/seed1"]}


def test_equal_configs_under_names_without_a_seed_stay_apart(tmp_path: Path):
    for place in ("old/lvis", "new/lvis"):
        write_toy(tmp_path / place, 1.0)
    assert groups(tmp_path) == {"new/lvis": ["new/lvis"], "old/lvis": ["old/lvis"]}


def test_runs_without_a_config_are_not_seeds(tmp_path: Path):
    for seed in range(2):
        write_run(tmp_path / f"x/seed{seed}", "", {"lvis/AP": 1.0})
    assert len(groups(tmp_path)) == 2


def test_equal_folder_names_are_not_averaged_in_the_transfers(tmp_path: Path):
    write_toy(tmp_path / "old/lvis", 5.6)
    write_toy(tmp_path / "new/lvis", 55.8)
    (table,) = sections(tmp_path / "old", tmp_path / "new")["toy"]["tables"]
    assert sorted(cells[1:4] for cells in table["rows"]) == [
        ["5.6", "-", "old/lvis"],
        ["55.8", "-", "new/lvis"],
    ]


def test_pretrained_and_scratch_of_one_folder_are_a_pair(tmp_path: Path):
    for place, plus in (("a", 0.0), ("b", 10.0)):
        write_toy(tmp_path / place / "lvis", 30.0 + plus)
        write_toy(tmp_path / place / "lvis_scratch", 20.0 + plus, checkpoint=None)
    (table,) = sections(tmp_path)["toy"]["tables"]
    assert [cells[1:4] for cells in table["rows"]] == [
        ["30.0", "20.0", "a/lvis / a/lvis_scratch"],
        ["40.0", "30.0", "b/lvis / b/lvis_scratch"],
    ]


def test_transfers_are_averaged_over_seeds(tmp_path: Path):
    for seed, ap in enumerate((10.0, 12.0, 14.0)):
        write_toy(tmp_path / f"seed{seed}/lvis", ap, seed)
    (table,) = sections(tmp_path)["toy"]["tables"]
    assert table["rows"] == [["detection, box AP", "12.0 ± 2.0", "-", "lvis", "3", "not recorded"]]


def test_seeds_of_pretraining_with_another_ratio_are_two_rows(tmp_path: Path):
    for seed, ratio in enumerate(("(50, 50)", "(10, 90)")):
        config = pretraining(ratio=ratio, data="toy/", seed=seed)
        write_run(tmp_path / f"x/seed{seed}", config, {"seen/top1": 50.0})
    (table,) = sections(tmp_path)["toy"]["tables"]
    assert [cells[0] for cells in table["rows"]] == ["x/seed1", "x/seed0"]


def test_runs_of_full_size_keep_their_names(tmp_path: Path):
    write_run(tmp_path / "a", DETECTION, {"lvis/AP": 1.0})
    assert groups(tmp_path) == {"a": ["a"]}


def test_overview_has_seeds_in_one_row_and_other_runs_in_their_own(tmp_path: Path):
    for seed, ap in enumerate((10.0, 12.0, 14.0)):
        write_toy(tmp_path / f"x/seed{seed}", ap, seed)
    write_toy(tmp_path / "y", 20.0)
    rows = sections(tmp_path)["overview"]["tables"][0]["rows"]
    assert [cells[:2] for cells in rows] == [
        ["x (3 seeds)", "lvis/AP 12.0 ± 2.0"],
        ["y", "lvis/AP 20.0"],
    ]
