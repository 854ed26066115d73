"""Exports in every layout: what each library loads of them, and whether the maps are equal."""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iclip.benchmarks.harness.measurement import Measurement
from iclip.benchmarks.harness.rows import Quantity, Row

if TYPE_CHECKING:
    from iclip.benchmarks.peers.feature_maps import Comparison
    from iclip.benchmarks.peers.tensor_counts import LoadedTensors

LOAD_COLUMNS = ("layout", "loaded by", "in the file", "matched", "missing", "left over")
STAGES = ("stage 1", "stage 2", "stage 3", "stage 4")
ARCHS = {"tiny": "Swin-T", "small": "Swin-S", "base": "Swin-B", "large": "Swin-L"}
# With --tiny, a small network and three of the layouts.
_TINY = dict(embed_dims=24, depths=(2, 2, 2, 2), num_heads=(1, 2, 3, 4))
_TINY_LAYOUTS = ("iclip", "openmmlab", "timm")


class Layouts(Measurement):
    """Export a checkpoint to every layout; count what each library loads, and compare the maps.

    Swin-T and Swin-B have their full depth and width; all their weights are random, those of norms
    and tables of relative positions too. A checkpoint as pre-training writes it is exported to all
    layouts, each library loads its file as its users do, and the maps of all stages are compared
    at real sizes: the largest difference over the largest value. Fails if it is above 1e-5.
    """

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("--arch", nargs="+", default=["tiny", "base"], choices=tuple(ARCHS))

    def columns(self, args: argparse.Namespace) -> dict[str, tuple[str, ...]]:
        """Return the columns of the counts and of the maps, for each arch."""
        tables: dict[str, tuple[str, ...]] = {}
        for arch in args.arch:
            tables[ARCHS[arch]] = LOAD_COLUMNS
            tables[_maps_title(arch)] = ("network", "its file", "size", *STAGES)
        return tables

    def rows(self, args: argparse.Namespace) -> Iterator[Row]:
        """Yield the counts of each file and loader, then the differences of each network."""
        for arch in args.arch:
            yield from _rows(arch, args.tiny)

    def failure(self, rows: Sequence[Row]) -> str | None:
        """Say that a map differs."""
        from iclip.benchmarks.peers.feature_maps import TOLERANCE

        values = [
            cell.median for row in rows for cell in row.cells.values() if isinstance(cell, Quantity)
        ]
        # Not "larger than": a NaN differs, too.
        if all(value <= TOLERANCE for value in values):
            return None
        return f"a map differs by more than {TOLERANCE:.0e} of its largest value"


def _maps_title(arch: str) -> str:
    return f"{ARCHS[arch]}, maps against those of iclip.SwinBackbone"


def _rows(arch: str, tiny: bool) -> Iterator[Row]:
    """Export, load and compare one architecture."""
    from iclip.benchmarks.peers.feature_maps import compare
    from iclip.benchmarks.peers.library_loaders import LOADERS, export_all, write_checkpoint
    from iclip.benchmarks.peers.tensor_counts import count_load
    from iclip.export.export_checkpoint import LAYOUTS

    sizes: Any = _TINY if tiny else arch
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder, "latest.pth")
        write_checkpoint(sizes, checkpoint)
        exports = export_all(checkpoint, sizes, Path(folder), _TINY_LAYOUTS if tiny else LAYOUTS)
        for layout, export in exports.items():
            for loader in LOADERS[layout]:
                yield Row(load_cells(count_load(export, loader)), ARCHS[arch])
        for comparison in compare(exports, sizes=1 if tiny else None):
            yield Row(map_cells(comparison), _maps_title(arch))


def load_cells(load: "LoadedTensors") -> dict[str, str]:
    """Return a row of the counts, with the names of what is missing or left over."""
    elsewhere = f" + {load.elsewhere} of other parts" if load.elsewhere else ""
    missing, left_over = (
        f"{len(names)}" + (f" ({', '.join(names[:4])})" if names else "")
        for names in (load.missing, load.left_over)
    )
    in_file = f"{load.in_file}{elsewhere}"
    cells = (load.layout, load.loader, in_file, str(load.matched), missing, left_over)
    return dict(zip(LOAD_COLUMNS, cells, strict=True))


def map_cells(found: "Comparison") -> dict[str, str | Quantity]:
    """Return a row of the maps' differences."""
    frames = f", {found.frames} frames" if found.frames else ""
    size = f"{found.size[0]}x{found.size[1]}{frames}"
    differences = map(Quantity.of, found.differences)
    return {
        "network": found.peer, "its file": found.layout, "size": size,
        **dict(zip(STAGES, differences, strict=True)),
    }  # fmt: skip
