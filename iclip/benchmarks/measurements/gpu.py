"""What the hub does on a GPU, in one run."""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from iclip.benchmarks.harness.measurement import Measurement
from iclip.benchmarks.harness.rows import Cell, Quantity, Row


class Gpu(Measurement):
    """Measure what the hub does on a GPU, in one run.

    The parts in order of importance: whether every method and transfer runs; which attention
    operators Swin takes; Swin-B's speed beside timm's and mmdet's; the joint step of
    configs/iclip_swinb.py; the transfers' steps at their real sizes; zero-shot classification;
    the joint step with compiled towers.
    Inputs are made up: no data set is needed. Each measurement is appended to OUT.jsonl and OUT.md
    as it comes. A part that fails is recorded with its error, and the next one runs.

        python tools/benchmark.py gpu --minutes 12 --out work_dirs/benchmark/gpu
        python tools/benchmark.py gpu --device cpu --tiny --minutes 3     # its code, without a GPU
    """

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument(
            "--minutes", type=float, default=12.0, help="for all parts (default: 12)"
        )
        parser.add_argument(
            "--out", type=Path, default=Path("work_dirs/benchmark/gpu"), metavar="OUT",
            help="path of the two files, without suffix (default: work_dirs/benchmark/gpu)",
        )  # fmt: skip
        parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
        parser.add_argument("--parts", nargs="+", metavar="PART", help="some of the parts only")
        parser.add_argument("--work", metavar="JSON", help=argparse.SUPPRESS)

    def check(self, args: argparse.Namespace) -> None:
        """Refuse options that cannot work.

        Raises:
            ValueError: A part is unknown, there is no time, or no GPU.
        """
        import torch

        from iclip.benchmarks.gpu.parts import PARTS

        unknown = [part for part in args.parts or () if part not in PARTS]
        if unknown:
            raise ValueError(
                f"--parts {unknown[0]!r} is unknown; there are {', '.join(map(repr, PARTS))}"
            )
        if args.minutes <= 0:
            raise ValueError(f"--minutes {args.minutes:g}: give a number above 0")
        if args.device == "cuda" and not torch.cuda.is_available():
            raise ValueError(
                "--device cuda, and torch sees no GPU: tools/doctor.py says why. "
                "--device cpu --tiny runs the same code in small"
            )

    def columns(self, args: argparse.Namespace) -> dict[str, tuple[str, ...]]:
        """Return the columns of the record's table."""
        from iclip.benchmarks.gpu.record import COLUMNS

        return {"": COLUMNS}

    def rows(self, args: argparse.Namespace) -> Iterator[Row]:
        """Start a process that measures, watch it, and yield what it has recorded."""
        from iclip.benchmarks.gpu import parts
        from iclip.benchmarks.gpu.record import Record
        from iclip.benchmarks.harness.machine import head

        record = Record(args.out)
        record.start(head(args.device))
        until = parts.deadlines(args.parts or list(parts.PARTS), time.time(), args.minutes)
        parts.supervise(until, [*args.again, "--work"], record)
        yield from (_row(line) for line in record.read() if "what" in line)

    def does_its_part(self, args: argparse.Namespace) -> bool:
        """Measure parts, as the process that :meth:`rows` has started."""
        if not args.work:
            return False
        from iclip.benchmarks.gpu import parts
        from iclip.benchmarks.gpu.record import Record
        from iclip.benchmarks.harness.settings import Settings

        settings = Settings(args.device, args.tiny, rounds=1 if args.tiny else 5)
        parts.run_parts(json.loads(args.work), settings, Record(args.out))
        return True


def _row(line: dict[str, Any]) -> Row:
    """Turn a line of the record into a row."""
    value = line.get("value", "failed")
    cells: dict[str, Cell] = {"part": line["part"], "what": line["what"]}
    cells["figure"] = value if isinstance(value, str) else Quantity.of(value, line["unit"])
    cells["note"] = line.get("error") or line["note"]
    return Row(cells)
