"""What is free is what the machine and the container leave; too much is refused beforehand."""

from pathlib import Path

import pytest

from iclip import free_memory


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 3 GB available, in a container with a limit of 2 GB."""
    (tmp_path / "meminfo").write_text("MemTotal: 9000000 kB\nMemAvailable:    3000000 kB\n")
    (tmp_path / "max").write_text("2000000000\n")
    (tmp_path / "current").write_text("500000000\n")
    monkeypatch.setattr(free_memory, "_MEMINFO", tmp_path / "meminfo")
    pair = str(tmp_path / "max"), str(tmp_path / "current")
    monkeypatch.setattr(free_memory, "_LIMITS", (pair,))
    return tmp_path


def test_smaller_of_machine_and_container_counts(machine: Path):
    assert free_memory.free_memory() == 1_500_000_000
    (machine / "max").write_text("max\n")  # no limit
    assert free_memory.free_memory() == 3_000_000 * 1024
    (machine / "max").write_text("400000000\n")  # more is used than the limit
    assert free_memory.free_memory() == 0


def test_nothing_is_refused_where_nothing_is_known(machine: Path):
    for name in ("meminfo", "max"):
        (machine / name).unlink()
    assert free_memory.free_memory() is None
    free_memory.check_memory(10**18, "a table", "divide it")


def test_what_does_not_fit_is_refused_with_both_numbers(machine: Path):
    free_memory.check_memory(1_400_000_000, "a table", "divide it")
    with pytest.raises(
        ValueError,
        match=r"^a table takes about 7\.0 GB of memory, and 1\.5 GB are free: divide it$",
    ):
        free_memory.check_memory(7_000_000_000, "a table", "divide it")


def test_this_machine_says_what_is_free():
    stated = free_memory.free_memory()
    assert stated is None or 0 <= stated < 1e15
