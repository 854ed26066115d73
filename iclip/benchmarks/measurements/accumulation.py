"""One optimizer step over several micro-batches, against accumulation as it was before."""

import argparse
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any

from iclip.benchmarks.harness.rows import Cell, Quantity
from iclip.benchmarks.harness.timed import Case, Run, TimedMeasurement

_OURS, _BEFORE = "iclip", "before"
_SIDE = 224  # pixels


class Accumulation(TimedMeasurement):
    """Forward and backward of one optimizer step of iCLIP, Swin-T, over micro-batches on one rank.

        python tools/benchmark.py accumulation --classes 4000

    Before, each micro-batch encoded all class texts, padded, and contrasted its own pairs alone.
    Both gradients are compared with that of the whole batch at once: the hub's must be equal.
    """

    unit = "images"
    growth = "micro-batches"
    compared = "iclip's gradient against the whole batch's"
    tolerance = 1e-4

    def add_case_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the sizes."""
        from iclip.benchmarks.inputs.text_models import add_kept_tokens, add_text_layers

        parser.add_argument(
            "--micro-batches", type=int, nargs="+", metavar="M", help="of a step (default: 8)"
        )
        parser.add_argument("--labelled", type=int, metavar="B", help="per micro-batch (default 2)")
        parser.add_argument("--pairs", type=int, metavar="B", help="per micro-batch (default 4)")
        parser.add_argument("--classes", type=int, metavar="N", help="(default: 4000)")
        add_text_layers(parser)
        add_kept_tokens(parser)

    def sides(self, args: argparse.Namespace) -> tuple[str, ...]:
        """Name the hub's step and the one before."""
        return (_OURS, _BEFORE)

    def more_columns(self, args: argparse.Namespace) -> tuple[str, ...]:
        """Name the column of the former gradient."""
        return ("cosine of the gradient before",)

    def cases(self, args: argparse.Namespace) -> Iterator[Case]:
        """Yield a case per number of micro-batches."""
        from iclip.benchmarks.inputs.text_models import titled

        labelled, pairs = (1, 2) if args.tiny else (args.labelled or 2, args.pairs or 4)
        classes = args.classes or (8 if args.tiny else 4000)
        for number in args.micro_batches or ([2, 3] if args.tiny else [8]):
            sizes = (number, labelled, pairs, classes)
            builds: dict[str, Callable[[], Run]] = {
                _OURS: partial(_ours, sizes, args),
                _BEFORE: partial(_before, sizes, args),
            }
            title = f"{number} x ({labelled} labelled, {pairs} pairs), {titled(classes)}"
            images = number * (labelled + pairs)
            whole = _Whole(sizes, args)
            yield Case(title, builds, images, number, whole.difference, more=whole.cosine_before)


Sizes = tuple[int, int, int, int]  # micro-batches, labelled images and pairs of each, classes


def _model_and_batches(sizes: Sizes, args: argparse.Namespace) -> tuple[Any, list[dict[str, Any]]]:
    """Build the model and its micro-batches, the same ones at every call."""
    import torch

    from iclip.benchmarks.inputs.made_up import made_up_batch
    from iclip.benchmarks.inputs.text_models import swin_t

    number, labelled, pairs, classes = sizes
    model = swin_t(args, classes)
    torch.manual_seed(1)
    side = 56 if args.tiny else _SIDE
    return model, [made_up_batch(model, labelled, pairs, side) for _ in range(number)]


def _ours(sizes: Sizes, args: argparse.Namespace) -> Run:
    """Build the hub's step up to the optimizer; it returns the gradients."""
    import torch
    from mmengine.optim import OptimWrapper

    from iclip.models.step import train_step

    class KeptGradients(OptimWrapper):
        """Keeps the gradients in place of a step, so that every round has the same weights."""

        kept: tuple[torch.Tensor, ...] = ()

        def step(self, **kwargs: Any) -> None:
            self.kept = _gradients(model)

    model, batches = _model_and_batches(sizes, args)
    wrapper = KeptGradients(torch.optim.SGD(model.parameters(), lr=0.0))

    def run() -> tuple[torch.Tensor, ...]:
        train_step(model, batches, wrapper)
        return wrapper.kept

    return run


def _before(sizes: Sizes, args: argparse.Namespace) -> Run:
    """Build the step of before; it returns the gradients."""
    from iclip.benchmarks.references.plain_accumulation import add_gradients

    model, batches = _model_and_batches(sizes, args)

    def run() -> Any:
        model.zero_grad()
        add_gradients(model, batches)
        return _gradients(model)

    return run


def _gradients(model: Any) -> Any:
    """Return the gradients in the order of the parameters."""
    return tuple(parameter.grad for parameter in model.parameters())


class _Whole:
    """The gradient of the whole batch at once, computed when it is asked for.

    Args:
        sizes: Sizes of the micro-batches that it consists of.
        args: The options.
    """

    def __init__(self, sizes: Sizes, args: argparse.Namespace) -> None:
        self.sizes, self.args = sizes, args

    @cached_property
    def flat(self) -> Any:
        """All gradients in one vector."""
        import torch

        from iclip.benchmarks.references.plain_accumulation import joint_loss

        model, batches = _model_and_batches(self.sizes, self.args)
        whole = {key: torch.cat([batch[key] for batch in batches]) for key in batches[0]}
        # In a batch, labelled images come before those of pairs.
        images, labels = [batch["inputs"] for batch in batches], self.sizes[1]
        whole["inputs"] = torch.cat([i[:labels] for i in images] + [i[labels:] for i in images])
        joint_loss(model, whole).backward()
        return _flat(_gradients(model))

    def difference(self, results: Mapping[str, Any]) -> float:
        """Return the norm of the hub's difference over the norm."""
        return float((_flat(results[_OURS]) - self.flat).norm() / self.flat.norm())

    def cosine_before(self, results: Mapping[str, Any]) -> dict[str, Cell]:
        """Return the cosine of the gradient of before to the whole batch's."""
        before = _flat(results[_BEFORE])
        cosine = float(before @ self.flat / before.norm() / self.flat.norm())
        return {"cosine of the gradient before": Quantity.of(cosine)}


def _flat(gradients: Any) -> Any:
    import torch

    return torch.cat([gradient.flatten() for gradient in gradients])
