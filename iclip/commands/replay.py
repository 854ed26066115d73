"""Run a step again that was left out because a loss or a gradient was not finite.

    python tools/replay.py work_dirs/iclip_swinb/not_finite/iter_1200_rank_3.pth
    python tools/replay.py work_dirs/iclip_swinb/not_finite/iter_1200_rank_*.pth --precision fp32

It prints what each module put out, from the first to the last, then the gradients on their way
back, each with its smallest and largest finite value and the share of what is not finite, and names
the first module whose output, or else the first gradient, is not finite. The weights lie beside the
file. A rank's file has the rank's part of the step; with those of all ranks the whole step is run,
by this one process.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from iclip.commands.command_line import CommandFailed
from iclip.commands.options import add_device_option

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from iclip.engine.guard.tensor_watch import TensorRecord

# Tensors that are printed behind the first one that is not finite.
_CONTEXT = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="of one step: iter_N_rank_R.pth"
    )
    parser.add_argument(
        "--precision", choices=("auto", "bf16", "fp32"), help="default: that of the run"
    )
    parser.add_argument(
        "--all", action="store_true", help="print all tensors, also far behind the first fault"
    )
    add_device_option(parser)


def run(args: argparse.Namespace) -> None:
    """Run the step and print its tensors.

    Raises:
        CommandFailed: All values are finite this time.
    """
    from iclip.engine.guard.replay import replay_step
    from iclip.messages import counted, listing

    replay = replay_step(args.files, args.precision)
    step = replay.step
    ranks = (
        f"rank {step['rank']} of {step['world_size']}"
        if len(args.files) == 1
        else (f"{len(args.files)} of {counted(step['world_size'], 'rank')}")
    )
    names = [name for part in step["samples"] for name in part]
    print(f"Step {step['iteration']:,}, {ranks}, left out because {step['faults']}")
    print(f"Samples: {listing(names, 3)}")
    print(f"Losses then: {_losses(step['losses'])}; now: {_losses(replay.losses)}")
    for title, records in (
        ("Outputs of modules", replay.watch.forward),
        ("Gradients", [*replay.watch.backward, *replay.gradients]),
    ):
        print(f"\n{title}")
        for line in tensor_lines(records, everything=args.all):
            print(line)
    print(f"\n{replay.verdict()}")
    if replay.is_finite:
        raise CommandFailed(_why_finite(step, len(args.files)))


def tensor_lines(records: "Sequence[TensorRecord]", everything: bool) -> list[str]:
    """Format records in columns, up to the first that is not finite and a few more."""
    faulty = [number for number, record in enumerate(records) if not record.is_finite]
    end = faulty[0] + 1 + _CONTEXT if faulty and not everything else len(records)
    shown = records[:end]
    width = max((len(record.what) for record in shown), default=0)
    lines = [
        f"{'  ' if r.is_finite else '* '}{r.what:{width}}  {'x'.join(map(str, r.shape)) or '-':>16}"
        f"  {r.dtype:8}  {r.lowest:11.4g} {r.highest:11.4g}"
        + ("" if r.is_finite else f"  {r.share:.2%} not finite")
        for r in shown
    ]
    rest = len(records) - len(shown)
    return [*lines, f"  ... and {rest} more (--all)"] if rest else lines


def _losses(losses: "Mapping[str, float]") -> str:
    return ", ".join(f"{name} {value:.6g}" for name, value in losses.items())


def _why_finite(step: "Mapping[str, Any]", given: int) -> str:
    reason = (
        f"of {step['world_size']} ranks, {given} took part; give the files of all"
        if given < step["world_size"]
        else "--precision and the device may differ from the run's, and dropout draws by rank"
    )
    return f"the fault did not come again: every value is finite ({reason})"
