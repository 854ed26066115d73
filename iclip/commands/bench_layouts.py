"""Export a checkpoint to every layout; count what each library loads, and compare the maps.

    python tools/bench_layouts.py --arch tiny base --json layouts.json

Swin-T and Swin-B have their full depth and width; all their weights are random, those of norms and
tables of relative positions too. A checkpoint as pre-training writes it is exported to all layouts,
each library loads its file as its users do, and the maps of all stages are compared at real sizes.
Exits with 1 if one of the maps differs by more than 1e-5 of its largest value.
"""

import argparse
import contextlib
import io
import json
import sys
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iclip.commands.command_line import CommandFailed
from iclip.files.atomic import write_atomically

if TYPE_CHECKING:
    from iclip.benchmarks.peers.tensor_counts import LoadedTensors

LOAD_COLUMNS = ("layout", "loaded by", "in the file", "matched", "missing", "left over")
MAP_COLUMNS = ("against", "its file", "size", "stage 1", "stage 2", "stage 3", "stage 4")
ARCHS = {"tiny": "Swin-T", "small": "Swin-S", "base": "Swin-B", "large": "Swin-L"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--arch", nargs="+", default=["tiny", "base"], choices=tuple(ARCHS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="F")


def run(args: argparse.Namespace) -> None:
    """Print Markdown tables.

    Raises:
        CommandFailed: A map differs.
    """
    import torch

    torch.set_num_threads(args.threads)
    out = sys.stdout
    with contextlib.redirect_stdout(io.StringIO()):  # what the libraries print
        results = {arch: measure(arch, ARCHS[arch], out) for arch in args.arch}
    if args.json:
        write_atomically(args.json, json.dumps(results, indent=1) + "\n")
    largest = max(
        difference for result in results.values() for row in result["comparisons"]
        for difference in row["differences"]
    )  # fmt: skip
    # Imported only now, since the frameworks print at import, which the block above has hidden.
    from iclip.benchmarks.peers.feature_maps import TOLERANCE

    print(f"largest difference: {largest:.1e}")
    if largest > TOLERANCE:
        raise CommandFailed(f"a map differs by more than {TOLERANCE:.0e} of its largest value")


def measure(arch: Any, title: str, out: Any) -> dict[str, Any]:
    """Export, load and compare one architecture, and print its two tables as they grow."""
    warnings.simplefilter("ignore")  # the frameworks' warnings at import and construction
    from iclip.benchmarks.peers.feature_maps import compare
    from iclip.benchmarks.peers.library_loaders import LOADERS, export_all, write_checkpoint
    from iclip.benchmarks.peers.tensor_counts import count_load

    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder, "latest.pth")
        write_checkpoint(arch, checkpoint)
        exports = export_all(checkpoint, arch, Path(folder))
        print_head(title, LOAD_COLUMNS, out)
        loads = []
        for layout, export in exports.items():
            for loader in LOADERS[layout]:
                loads.append(count_load(export, loader))
                print_row(load_cells(loads[-1]), out)
        print_head(f"{title}, iclip.SwinBackbone", MAP_COLUMNS, out)
        comparisons = []
        for row in compare(exports):
            comparisons.append(row)
            frames = f", {row.frames} frames" if row.frames else ""
            size = f"{row.size[0]}x{row.size[1]}{frames}"
            cells = (row.peer, row.layout, size, *(f"{value:.1e}" for value in row.differences))
            print_row(cells, out)
        print(file=out)
    return {"loads": list(map(asdict, loads)), "comparisons": list(map(asdict, comparisons))}


def load_cells(load: "LoadedTensors") -> tuple[Any, ...]:
    """Return a row of the first table, with the names of what is missing or left over."""
    elsewhere = f" + {load.elsewhere} of other parts" if load.elsewhere else ""
    in_file = f"{load.in_file}{elsewhere}"
    missing, left_over = (
        f"{len(names)}" + (f" ({', '.join(names[:4])})" if names else "")
        for names in (load.missing, load.left_over)
    )
    return load.layout, load.loader, in_file, load.matched, missing, left_over


def print_head(first: str, columns: Sequence[str], out: Any) -> None:
    """Print the title and the head of a Markdown table."""
    print(f"\n{first}\n", file=out)
    print_row(columns, out)
    print_row(["---"] * len(columns), out)


def print_row(cells: Iterable[Any], out: Any) -> None:
    """Print a line of a Markdown table."""
    print(f"| {' | '.join(map(str, cells))} |", file=out, flush=True)
