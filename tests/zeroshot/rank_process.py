"""What the tests run in two processes, forked from one that has imported everything."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from iclip.commands import probe, retrieval, zeroshot
from iclip.commands.command_line import main
from iclip.text.class_texts import read_class_texts
from iclip.zeroshot.cached_embeddings import embed
from iclip.zeroshot.class_folders import class_folders
from iclip.zeroshot.loading import load_zero_shot_model
from iclip.zeroshot.process_group import check_shared
from tests.support.forkserver import forkserver
from tests.support.torchrun import torchrun_environment

# Of 15 images; with 15 at a time, the second rank has nothing to do.
BATCH_SIZES = (2, 4, 15)


def in_two_processes(function: Callable[..., None], *arguments: Any) -> None:
    """Call ``function(rank, *arguments)``; raises what it raises."""
    forkserver()
    mp.start_processes(function, arguments, nprocs=2, start_method="forkserver")


def embed_on_a_rank(rank: int, folder: Path, micro: Path) -> None:
    """Share the cases with the other rank; how many images this one embedded goes to a file."""
    store = f"file://{folder}/store"
    dist.init_process_group("gloo", init_method=store, rank=rank, world_size=2)
    counts = embed_cases(folder / "several", folder, micro)
    (folder / f"counts{rank}.txt").write_text(str(counts))
    dist.destroy_process_group()


def embed_cases(cache: Path, folder: Path, micro: Path) -> list[int]:
    """Embed photos with each batch size; how many images this process embedded."""
    model = load_zero_shot_model(str(micro))
    encode, counts = model.encode_images, []

    def counting(images: torch.Tensor) -> torch.Tensor:
        counts[-1] += len(images)
        return encode(images)

    model.encode_images = counting  # type: ignore[method-assign]
    texts = read_class_texts(folder / "photos.jsonl")
    reader = class_folders(folder / "photos", texts).reader
    for size in BATCH_SIZES:
        counts.append(0)
        embed(model, reader, cache / str(size), size)
    return counts


def run_tools_on_a_rank(rank: int, ports: list[int], lines: list[list[str]], folder: Path) -> None:
    """Run the three tools as torchrun starts them; what they print goes to a file."""
    with (folder / f"printed{rank}.txt").open("w") as file, contextlib.redirect_stdout(file):
        for port, tool, line in zip(ports, (zeroshot, retrieval, probe), lines, strict=True):
            os.environ.update(torchrun_environment(rank, 2, port))
            assert main(tool, line) == 0


def look_for_the_cache(rank: int, folder: Path) -> None:
    """Check a relative cache in a working directory of its own; the error goes to a file."""
    store = f"file://{folder}/store"
    dist.init_process_group("gloo", init_method=store, rank=rank, world_size=2)
    machine = folder / f"machine{rank}"
    machine.mkdir()
    with contextlib.chdir(machine):
        try:
            check_shared(Path("cache"))
        except ValueError as error:
            (folder / f"error{rank}.txt").write_text(str(error))
    dist.destroy_process_group()
