"""What an iteration of training costs more because it is guarded."""

import argparse
from collections.abc import Callable, Iterator
from functools import partial

from iclip.benchmarks.harness.timed import Case, Run, TimedMeasurement

# Of configs/_base_/runtime.py: numbers that are not finite, spikes, notices to stop, hanging ranks.
GUARDS = ("GuardNumbers", "LogSpikes", "StopOnSignal", "WatchRanks", "LogRankTimes")
_WITHOUT, _WITH = "without guards", "with guards"
_SIDE = 224  # pixels of Swin-T's images


class Guards(TimedMeasurement):
    """An iteration of the training loop with and without the hooks that watch over it.

        python tools/benchmark.py guards --rounds 40

    Both loops are built as training builds them, of one process, and take the same step on the same
    batch again and again: forward, backward, clipping, optimizer and hooks, without loading data.
    The first case is configs/micro/iclip.py on its whole batch, the second Swin-T.
    """

    unit = "images"
    memory = False

    def add_case_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the sizes."""
        from iclip.benchmarks.inputs.text_models import add_text_layers

        parser.add_argument("--labelled", type=int, metavar="B", help="for Swin-T (default: 2)")
        parser.add_argument("--pairs", type=int, metavar="B", help="for Swin-T (default: 4)")
        parser.add_argument("--classes", type=int, metavar="N", help="for Swin-T (default: 200)")
        add_text_layers(parser)

    def sides(self, args: argparse.Namespace) -> tuple[str, ...]:
        """Name both loops; the ratio is that of the guarded one to the other."""
        return (_WITHOUT, _WITH)

    def cases(self, args: argparse.Namespace) -> Iterator[Case]:
        """Yield the micro model, then Swin-T."""
        micro = (2, 2, 32, 4) if args.tiny else (64, 64, 32, 50)
        given = (args.labelled or 2, args.pairs or 4, _SIDE, args.classes or 200)
        swin_t = (1, 2, 56, 4) if args.tiny else given
        for config, sizes in (("micro/iclip.py", micro), ("iclip_swint_full.py", swin_t)):
            labelled, pairs, side, classes = sizes
            builds: dict[str, Callable[[], Run]] = {
                _WITHOUT: partial(_iteration, config, sizes, (), args),
                _WITH: partial(_iteration, config, sizes, GUARDS, args),
            }
            title = f"{config}, {labelled} + {pairs} images of {side} x {side}, {classes} classes"
            yield Case(title, builds, labelled + pairs)


# Labelled images, pairs, pixels of a side, classes.
Sizes = tuple[int, int, int, int]


def _iteration(config: str, sizes: Sizes, hooks: tuple[str, ...], args: argparse.Namespace) -> Run:
    """Build a loop; each call is its next iteration."""
    from iclip.benchmarks.inputs.made_up import build_method, made_up_batch
    from iclip.benchmarks.inputs.open_loop import open_loop

    labelled, pairs, side, classes = sizes
    layers = 1 if args.tiny else args.text_layers
    model = build_method(config, classes, args.tiny, text_layers=layers).to(args.device)
    batch = made_up_batch(model, labelled, pairs, side)
    name = f"{config}, {'with' if hooks else 'without'} guards".replace("/", "_")
    loop = open_loop(config, model.train(), hooks, name)

    def iteration() -> None:
        model.train()
        loop.run_iter([dict(batch)])

    return iteration
