"""Several processes keep the same files, print the same figures and stop together."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from iclip.commands import probe, retrieval, zeroshot
from iclip.commands.command_line import main
from iclip.zeroshot import process_group
from iclip.zeroshot.process_group import init_distributed
from tests.support.torchrun import free_ports, torchrun_environment
from tests.zeroshot.rank_process import (
    BATCH_SIZES,
    embed_cases,
    embed_on_a_rank,
    in_two_processes,
    look_for_the_cache,
    run_tools_on_a_rank,
)

FAILS_ON_RANK_1 = """
import os, sys
from iclip.commands import zeroshot
from iclip.commands.command_line import main
from iclip.zeroshot.embedding_model import ImageTextEmbedder

def fail(self, images):
    raise ValueError("the GPU's memory is full")

if os.environ["RANK"] == "1":
    ImageTextEmbedder.encode_images = fail
sys.exit(main(zeroshot))
"""


def files(cache: Path) -> dict[str, bytes]:
    found = [path for path in cache.rglob("*") if path.is_file()]
    return {str(path.relative_to(cache)): path.read_bytes() for path in found}


def test_files_are_those_of_one_process(micro: Path, photos: Path, table: Path, tmp_path: Path):
    (photos / "n1/3.png").write_bytes(b"no picture")
    alone = embed_cases(tmp_path / "one", tmp_path, micro)
    in_two_processes(embed_on_a_rank, tmp_path, micro)
    assert files(tmp_path / "several") == files(tmp_path / "one")
    assert len(files(tmp_path / "several")) == 3 * len(BATCH_SIZES)
    counts = [(tmp_path / f"counts{rank}.txt").read_text() for rank in range(2)]
    assert (alone, counts) == ([14, 14, 14], ["[8, 7, 14]", "[6, 7, 0]"])


def command_lines(micro: Path, photos: Path, table: Path, out: Path) -> list[list[str]]:
    """A line for each tool: zeroshot, retrieval, probe; the results lie below ``out``."""
    both = ["--device", "cpu", "--cache", str(out / "cache"), "--batch-size", "2"]
    rest = [[*both, "--json", str(out / f"{name}.json")] for name in ("zeroshot", "ret", "probe")]
    return [
        [str(micro), "--folder", str(photos), "--class-texts", str(table), *rest[0]],
        [str(micro), "--dataset", "toy", "--data-root", str(photos.parent), *rest[1]],
        [str(micro), "--train", str(photos), "--test", str(photos), *rest[2]],
    ]


def results(out: Path) -> dict[str, object]:
    found = {path.stem: json.loads(path.read_text()) for path in out.glob("*.json")}
    for content in found.values():
        del content["provenance"]  # date and command line
        for result in content["results"].values():
            del result["seconds"]
    return found


def test_tools_print_once_what_one_process_prints(
    micro: Path, photos: Path, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture
):
    captions = [
        {"filename": f"n{1 + i % 3}/{i // 3}.png", "split": "test",
         "sentences": [{"raw": f"photo {i} of {word}"} for word in ("crane", "tench")]}
        for i in range(11)
    ]  # fmt: skip
    (tmp_path / "toy/retrieval").mkdir(parents=True)
    (tmp_path / "toy/retrieval/images").symlink_to(photos)
    (tmp_path / "toy/retrieval/karpathy.json").write_text(json.dumps({"images": captions}))
    (photos / "n1/3.png").write_bytes(b"no picture")
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    lines = command_lines(micro, photos, table, one)
    for tool, line in zip((zeroshot, retrieval, probe), lines, strict=True):
        assert main(tool, line) == 0
    printed = capsys.readouterr().out
    assert "1 of 15 images could not be read" in printed
    assert "1 of 11 images could not be read" in printed
    lines = command_lines(micro, photos, table, two)
    in_two_processes(run_tools_on_a_rank, free_ports(3), lines, two)
    assert (two / "printed0.txt").read_text() == printed
    assert (two / "printed1.txt").read_text() == ""
    assert results(two) == results(one)
    assert len(results(two)) == 3
    assert files(two / "cache") == files(one / "cache")


def test_error_on_one_rank_stops_all(
    micro: Path, photos: Path, table: Path, tmp_path: Path, repo_root: Path
):
    (tmp_path / "fails.py").write_text(FAILS_ON_RANK_1)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    (line, *_) = command_lines(micro, photos, table, tmp_path)
    run = subprocess.run(
        [*torchrun, "--nproc-per-node=2", str(tmp_path / "fails.py"), *line],
        env={**os.environ, "PYTHONPATH": str(repo_root), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert run.returncode != 0
    assert "ValueError: the GPU's memory is full" in run.stderr
    assert not (tmp_path / "zeroshot.json").exists()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The ranks that have joined a process group."""
    found: list[object] = []
    monkeypatch.setattr(process_group, "join_process_group", lambda device, _: found.append(device))
    return found


def test_single_process_meets_nobody(started: list[object], tmp_path: Path):
    assert init_distributed("cpu", tmp_path, {"RANK": "0", "WORLD_SIZE": "1"}) == "cpu"
    assert started == []


def test_cache_that_is_shared_is_left_as_it_was(started: list[object], tmp_path: Path):
    assert init_distributed("cpu", tmp_path, torchrun_environment(0, 2, port=0)) == "cpu"
    assert started == ["cpu"]
    assert list(tmp_path.iterdir()) == []


def test_cache_that_is_not_shared_stops_all_ranks(tmp_path: Path):
    in_two_processes(look_for_the_cache, tmp_path)
    messages = [(tmp_path / f"error{rank}.txt").read_text() for rank in range(2)]
    assert messages[0] == messages[1]
    assert messages[0].startswith("--cache cache is not the same folder for all processes: rank 1 ")
    assert "Name a folder that all machines share" in messages[0]
    assert list((tmp_path / "machine0" / "cache").iterdir()) == []
