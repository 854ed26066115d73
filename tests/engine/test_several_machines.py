"""Two machines without a shared folder resume one run, whatever lies on the second."""

import json
import shutil
from pathlib import Path

import pytest

from tests.support.tiny_run.config import tiny_config
from tests.support.train_process import finish_on_two_ranks, output, records


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folders of two machines that have trained 12 iterations, and the last 4 of them again.

    In between, the first machine has lost its last checkpoint, and the second one has that of
    iteration 4, where it would go on by itself.
    """
    folder = tmp_path_factory.mktemp("machines")
    first, second = folder / "first", folder / "second"
    keep = dict(default_hooks__checkpoint__max_keep_ckpts=3, train_dataloader__num_workers=0)
    cfg = tiny_config(folder, **keep, train_dataloader__persistent_workers=False)
    assert finish_on_two_ranks(cfg, first, second=second) == [0, 0], output(first)
    assert not list((second / "run").glob("*.pth")), "rank 0 alone writes checkpoints"
    (first / "run" / "latest.pth").unlink()
    (first / "run" / "iter_12.pth").unlink()
    shutil.copy(first / "run" / "iter_4.pth", second / "run" / "iter_8.pth")
    resumed = finish_on_two_ranks(cfg, first, "--resume", second=second)
    assert resumed == [0, 0], output(second)
    return first, second


def test_run_goes_on_as_it_did_before(machines: tuple[Path, Path]):
    before: dict[tuple[int, int], str] = {}
    again: dict[tuple[int, int], str] = {}
    for record in records(machines[0].parent):
        place = (record["iteration"], record["rank"])
        (again if place in before else before)[place] = json.dumps(record)
    assert {*before} == {(iteration, rank) for iteration in range(12) for rank in range(2)}
    assert {*again} == {(iteration, rank) for iteration in range(8, 12) for rank in range(2)}
    assert again.items() <= before.items()


def test_second_machine_keeps_its_own_files(machines: tuple[Path, Path]):
    run = machines[1] / "run"
    assert sorted(str(f.relative_to(run)) for f in run.rglob("*.pth")) == [
        "from_rank_0/iter_8.pth",
        "iter_8.pth",
    ]


def test_run_is_recorded_once_per_start(machines: tuple[Path, Path]):
    assert (machines[0] / "run" / "provenance.json").read_text().count('"started"') == 2
    assert not (machines[1] / "run" / "provenance.json").exists()
