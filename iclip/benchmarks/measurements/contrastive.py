"""The contrastive loss beside open_clip's, forward and backward."""

import argparse
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from iclip.benchmarks.harness.timed import Case, Run, TimedMeasurement


class Contrastive(TimedMeasurement):
    """Forward and backward pass of the contrastive loss of made-up embeddings.

    One rank's work: its pairs against those of all ranks, without the exchange. With --peer beside
    open_clip's ClipLoss on one rank, whose gradient must be equal.
    """

    peer = "open_clip's ClipLoss"
    unit = "pairs"
    growth = "pairs"
    compared = "difference of the gradient"
    tolerance = 1e-4

    def add_case_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the sizes."""
        parser.add_argument(
            "--pairs", type=int, nargs="+", metavar="B",
            help="of all ranks (default: 1024 2048 4096 8192)",
        )  # fmt: skip
        parser.add_argument("--ranks", type=int, nargs="+", default=[1], metavar="W")
        parser.add_argument("--channels", type=int, default=512, help="of the joint space")

    def check(self, args: argparse.Namespace) -> None:
        """Refuse pairs that the ranks cannot share evenly."""
        for ranks in args.ranks:
            for pairs in args.pairs or ():
                if ranks < 1 or pairs < ranks or pairs % ranks:
                    raise ValueError(f"--pairs {pairs} --ranks {ranks}: give pairs for every rank")

    def sides(self, args: argparse.Namespace) -> tuple[str, ...]:
        """Name the hub and, with --peer, open_clip."""
        return ("iclip", "open_clip") if args.peer else ("iclip",)

    def cases(self, args: argparse.Namespace) -> Iterator[Case]:
        """Yield a case per number of ranks and of pairs."""
        for ranks in args.ranks:
            for pairs in args.pairs or ([8, 16] if args.tiny else [1024, 2048, 4096, 8192]):
                builds: dict[str, Callable[[], Run]] = {
                    "iclip": partial(_ours, pairs, ranks, args.channels, args.device)
                }
                if ranks == 1:
                    builds["open_clip"] = partial(_theirs, pairs, args.channels, args.device)
                own = pairs // ranks
                title = f"{own:,} of {pairs:,} pairs, {ranks} rank(s)"
                compare = _difference if args.peer and ranks == 1 else None
                yield Case(title, builds, own, pairs, compare)


def _ours(pairs: int, ranks: int, channels: int, device: str) -> Run:
    """Build the first rank's rows and all ranks', and return its loss with the backward pass."""
    import torch

    from iclip.distributed import Gathered
    from iclip.models.losses import PairEmbeds, contrastive_loss

    images, texts, scale = _embeds(pairs, channels, device)
    own = pairs // ranks

    def run() -> torch.Tensor:
        images.grad = texts.grad = scale.grad = None
        # Rows of this rank are slices of all, as after a gather.
        local = PairEmbeds(images[:own], texts[:own])
        loss = contrastive_loss(Gathered(local, PairEmbeds(images, texts), 0), scale) / own
        loss.backward()
        assert images.grad is not None
        return images.grad

    return run


def _theirs(pairs: int, channels: int, device: str) -> Run:
    """Build the same rows, and return open_clip's loss with the backward pass."""
    import torch

    from iclip.benchmarks.peers.open_clip_training import clip_loss

    images, texts, scale = _embeds(pairs, channels, device)
    loss = clip_loss()

    def run() -> torch.Tensor:
        images.grad = texts.grad = scale.grad = None
        loss(images, texts, scale.exp()).backward()
        assert images.grad is not None
        return images.grad

    return run


def _embeds(pairs: int, channels: int, device: str) -> Any:
    """Draw images and texts, (B, D) each, and the log of the inverse temperature."""
    import torch

    from iclip.benchmarks.inputs.embeddings import captioned_embeds

    images, texts, _ = captioned_embeds(pairs, 1, channels)
    scale = torch.tensor(3.0, device=device, requires_grad=True)
    return images.to(device).requires_grad_(), texts.to(device).requires_grad_(), scale


def _difference(results: Mapping[str, Any]) -> float:
    """Return the largest difference of the images' gradients over the largest value."""
    ours, theirs = results["iclip"], results["open_clip"]
    return float((ours - theirs).abs().max() / theirs.abs().max())
