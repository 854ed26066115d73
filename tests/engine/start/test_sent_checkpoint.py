"""All ranks resume from rank 0's checkpoint, on machines that have it and on others."""

import os
from functools import partial
from pathlib import Path

import pytest
import torch

from iclip.distributed import get_rank
from iclip.engine.start import sent_checkpoint
from iclip.engine.start.sent_checkpoint import on_this_machine
from tests.support.ranks import call_on_ranks

CASES = ("shared", "absent", "stale", "damaged", "blocked")


def resume_on_a_machine(folder: Path) -> dict[str, str]:
    """What each case gives on this rank, whose working directory is that of its machine."""
    os.chdir(folder / f"machine{get_rank()}")
    content = (folder / "checkpoint.pth").read_bytes()
    results = {}
    for case in CASES:
        try:
            found = on_this_machine(Path(case) / "latest.pth", Path(case))
        except ValueError as error:
            results[case] = str(error)
        else:
            results[case] = str(found) if found.read_bytes() == content else "other content"
    return results | {f"reads of {place}": reads(place) for place in ("one machine", "two")}


def reads(place: str) -> str:
    """How often this rank reads a file's checksums, as the first of its machine or not."""
    local = get_rank() if place == "one machine" else 0
    variables = {"RANK": str(get_rank()), "WORLD_SIZE": "2", "LOCAL_RANK": str(local)}
    looked: list[Path] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sent_checkpoint, "find_damage", looked.append)
        for name, value in variables.items():
            patch.setenv(name, value)
        on_this_machine(Path("shared/latest.pth"), Path("shared"))
    return str(len(looked))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """By case, what ranks 0 and 1 found, each on a machine of its own."""
    folder = tmp_path_factory.mktemp("machines")
    # Damage behind what a fingerprint covers, the first mebibyte, is seen by the checksums alone.
    torch.save({"state_dict": {"a": torch.ones(500_000)}, "meta": {}}, folder / "checkpoint.pth")
    whole = (folder / "checkpoint.pth").read_bytes()
    damaged = bytearray(whole)
    damaged[1_500_000] ^= 1
    others = dict(zip(CASES, (whole, None, whole[::-1], damaged, None), strict=True))
    for case, content in others.items():
        for machine, there in (("machine0", whole), ("machine1", content)):
            run = folder / machine / case
            run.mkdir(parents=True)
            if there is not None:
                (run / "latest.pth").write_bytes(there)
    # Where the copy would be written, there is a file: as root, no folder is read-only.
    (folder / "machine1" / "blocked" / "from_rank_0").touch()
    (folder / "machine1" / "stale" / "from_rank_0").mkdir()
    (folder / "machine1" / "stale" / "from_rank_0" / "iter_1.pth").touch()
    found = call_on_ranks(2, folder, partial(resume_on_a_machine, folder))
    assert [p.name for p in (folder / "machine1/stale/from_rank_0").iterdir()] == ["latest.pth"]
    assert (folder / "machine1/stale/latest.pth").read_bytes() == whole[::-1]
    return found


@pytest.mark.parametrize("case", ["shared", "absent", "stale", "damaged"])
def test_each_machine_has_rank_0_s_content(results: list[dict[str, str]], case: str):
    received = f"{case}/latest.pth" if case == "shared" else f"{case}/from_rank_0/latest.pth"
    assert [result[case] for result in results] == [f"{case}/latest.pth", received]


def test_one_rank_of_each_other_machine_reads_the_checksums(results: list[dict[str, str]]):
    assert [result["reads of one machine"] for result in results] == ["0", "0"]
    assert [result["reads of two"] for result in results] == ["0", "1"]


def test_machine_that_cannot_take_it_stops_all_ranks(results: list[dict[str, str]]):
    first, second = (result["blocked"] for result in results)
    assert first == second
    assert first.startswith("rank 0 resumes from blocked/latest.pth, which these cannot read: rank")
    assert "rank 1 on " in first and "blocked/from_rank_0" in first
    assert first.endswith("or name a --work-dir that all share")
