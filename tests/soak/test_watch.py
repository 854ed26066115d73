import subprocess
import sys
from pathlib import Path

from tests.soak.process_tree import Sample
from tests.soak.watch import LIMITS, judge, table, watch

# Leaks what its first argument names, ten times a second, from when it says so.
LEAKS = """
import os, sys, threading, time
kind, held = sys.argv[1], []
print("ready", flush=True)
while True:
    if kind == "memory":
        held.append(os.urandom(500_000))
    elif kind == "files and threads":
        held.append(open(os.devnull))
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    time.sleep(0.1)
"""
SAMPLES = 40


def verdicts(kind: str, folder: Path) -> set[str]:
    """What grows in a process that leaks."""
    command = [sys.executable, "-c", LEAKS, kind]
    kept: list[Sample] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()

        def keep(sample: Sample) -> None:
            kept.append(sample)
            if len(kept) == SAMPLES:
                process.kill()  # which ends the watch

        samples = watch(process.pid, folder, 5.0, 0.05, keep)
    assert kept == samples and len(kept) == SAMPLES
    return {slope.name for slope in judge(samples) if slope.verdict == "grows"}


def test_planted_leaks_are_found_and_nothing_else(tmp_path: Path) -> None:
    own = LIMITS.keys() - {"dev_shm_mb"}  # which is that of the whole machine
    assert verdicts("memory", tmp_path) & own == {"memory_mb"}
    # Both take memory, too.
    found = verdicts("files and threads", tmp_path) & own
    assert found - {"memory_mb"} == {"open_files", "threads"}
    assert verdicts("nothing", tmp_path) & own == set()


def test_watch_ends_with_the_process(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.3)"])
    samples = watch(process.pid, tmp_path, 5.0, 0.05, lambda sample: None)
    assert len(samples) >= 1 and process.wait() == 0


def test_table_has_a_row_per_quantity() -> None:
    samples = [Sample(second, 1500.0, 0.5, 2.0, 84, 42, 3, 12.0) for second in range(60)]
    lines = table(judge(samples)).splitlines()
    assert len(lines) == 2 + len(LIMITS)
    assert lines[2] == "| memory_mb | 1,500.0 | +0.00 ± 0.00 | 10 | flat |"
