"""Class texts forward and backward, against the padded pass of before."""

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from functools import partial
from typing import Any

from iclip.benchmarks.harness.timed import Case, Run, TimedMeasurement

_OURS, _BEFORE = "iclip", "padded"


class Classes(TimedMeasurement):
    """All class texts forward and backward on one rank, against the padded pass of before.

        python tools/benchmark.py classes --classes 1000 4000
        python tools/benchmark.py classes --classes 1000 4000 21841 --without padded

    The text tower is that of configs/iclip_swint_full.py; the texts are ImageNet-22K's, from
    WordNet where tools/fetch_wordnet.py has put it. Embeddings and gradients must be equal.
    """

    unit = "texts"
    growth = "classes"
    compared = "largest difference"
    tolerance = 1e-3

    def add_case_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the sizes."""
        from iclip.benchmarks.inputs.text_models import add_kept_tokens, add_text_layers

        parser.add_argument(
            "--classes", type=int, nargs="+", metavar="N", help="(default: 1000 4000)"
        )
        parser.add_argument("--without", choices=(_BEFORE,), help="leave a side out")
        parser.add_argument("--bf16", action="store_true", help="under bfloat16 autocast")
        add_text_layers(parser)
        add_kept_tokens(parser)

    def sides(self, args: argparse.Namespace) -> tuple[str, ...]:
        """Name the hub's pass and the padded one."""
        return (_OURS,) if args.without else (_OURS, _BEFORE)

    def cases(self, args: argparse.Namespace) -> Iterator[Case]:
        """Yield a case per number of classes."""
        from iclip.benchmarks.inputs.text_models import titled

        for classes in args.classes or ([8, 16] if args.tiny else [1000, 4000]):
            builds: dict[str, Callable[[], Run]] = {
                side: partial(self._pass, side, classes, args) for side in self.sides(args)
            }
            compare = None if args.without or args.bf16 else _largest_difference
            yield Case(titled(classes), builds, classes, classes, compare)

    def _pass(self, side: str, classes: int, args: argparse.Namespace) -> Run:
        """Build a model, and return the pass of one side."""
        import torch

        from iclip.benchmarks.inputs.text_models import swin_t
        from iclip.benchmarks.references.padded_class_texts import encode_padded

        model, settings = swin_t(args, classes), self.settings(args)
        encode = model.encode_classes if side == _OURS else partial(encode_padded, model)
        width = model.text_projection.out_features
        draw = torch.Generator().manual_seed(1)
        # The gradient that a loss has for the embeddings, N, D.
        wanted = torch.randn(classes, width, generator=draw).to(args.device)

        def run() -> dict[str, Any]:
            model.zero_grad()
            with settings.autocast() if args.bf16 else nullcontext():
                embeds = encode()
            embeds.backward(wanted)
            grads = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
            return {"embeddings": embeds.detach(), **grads}

        return run


def _largest_difference(results: Mapping[str, Any]) -> float:
    """Compare the embeddings and each gradient: the norm of the difference over the norm."""
    ours, theirs = results[_OURS], results[_BEFORE]
    assert {*ours} == {*theirs}
    # A key's bias has a gradient of zero but for rounding, so all gradients share one norm.
    largest = max(float(grad.norm()) for name, grad in theirs.items() if name != "embeddings")
    return max(
        float((ours[name] - value).norm() / (value.norm() if name == "embeddings" else largest))
        for name, value in theirs.items()
    )
