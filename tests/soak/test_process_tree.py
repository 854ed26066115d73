import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.soak.process_tree import descendants, take_sample

# Holds 60 MB, three files and a thread; its child holds 30 MB of its own, and shares 60.
HOLDS = """
import os, sys, threading, time
held = bytearray(os.urandom(60_000_000))
files = [open(sys.argv[1] + str(n), "w") for n in range(3)]
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
if os.fork() == 0:
    own = bytearray(os.urandom(30_000_000))
    print("ready", flush=True)
    time.sleep(60)
os.wait()
"""


def test_tree_is_counted_with_what_it_shares_counted_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDS, str(tmp_path / "held")]
    before = take_sample(os.getpid(), tmp_path)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        tree = list(descendants(process.pid))
        found = take_sample(process.pid, tmp_path)
        everything = take_sample(os.getpid(), tmp_path)
        for pid in reversed(tree):
            os.kill(pid, 9)
    assert found.processes == len(tree) == 2
    # Two interpreters of some 10 MB besides.
    assert 90 < found.memory_mb < 130
    # The parent's thread; fork copies none.
    assert found.threads == 3
    # Three standard streams and three files, in both.
    assert found.open_files == 12
    assert everything.processes >= before.processes + 2


def test_folder_and_shared_memory_are_measured(tmp_path: Path) -> None:
    before = take_sample(os.getpid(), tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(bytes(2_000_000))
    (tmp_path / "link").symlink_to(tmp_path / "a" / "file")
    file = Path(f"/dev/shm/iclip-test-{os.getpid()}")
    file.write_bytes(bytes(40_000_000))
    after = take_sample(os.getpid(), tmp_path)
    file.unlink()
    assert after.folder_mb - before.folder_mb == pytest.approx(2, abs=0.001)
    # Of the whole machine, where others may write, too.
    assert after.dev_shm_mb - before.dev_shm_mb > 20


def test_process_that_has_ended_is_told_and_no_descendant() -> None:
    process = multiprocessing.get_context("fork").Process(target=time.sleep, args=(0,))
    process.start()
    pid = process.pid or 0
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # a zombie
    assert pid not in descendants(os.getpid())
    with pytest.raises(ProcessLookupError, match=f"process {pid} has ended"):
        take_sample(pid, Path("/nonexistent"))
    process.join()
