"""The training step beside open_clip's, for the pairs alone and with the class texts."""

import argparse
from collections.abc import Callable, Iterator
from functools import partial

from iclip.benchmarks.harness.timed import Case, Run, TimedMeasurement

_SIDE = 224  # pixels; open_clip builds its image tower for no other side
_CONTEXT = 77  # tokens, of both text towers


class Step(TimedMeasurement):
    """The training step of Swin-T on one rank: forward, backward and optimizer.

        python tools/benchmark.py step --peer --threads 2

    First CLIP's step on the pairs, then iCLIP's on labelled images and pairs. With --peer beside
    open_clip's training loop on towers of the same sizes and the same batch; for iCLIP's step with
    a pass through all class texts. Its texts have 77 tokens, padded as its tokenizer does.
    """

    peer = "open_clip's training loop"
    unit = "images"

    def add_case_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the sizes."""
        from iclip.benchmarks.inputs.text_models import add_text_layers

        parser.add_argument("--labelled", type=int, metavar="B", help="(default: 8)")
        parser.add_argument("--pairs", type=int, metavar="B", help="(default: 16)")
        parser.add_argument("--classes", type=int, metavar="N", help="(default: 2000)")
        parser.add_argument("--bf16", action="store_true", help="under bfloat16 autocast")
        add_text_layers(parser)

    def sides(self, args: argparse.Namespace) -> tuple[str, ...]:
        """Name the hub and, with --peer, open_clip."""
        return ("iclip", "open_clip") if args.peer else ("iclip",)

    def cases(self, args: argparse.Namespace) -> Iterator[Case]:
        """Yield the step on the pairs, then the whole one."""
        from iclip.benchmarks.inputs.text_models import titled

        labelled, pairs, classes = _sizes(args)
        for own, title in (
            (0, f"CLIP, {pairs} pairs"),
            (labelled, f"iCLIP, {labelled} labelled images, {pairs} pairs, {titled(classes)}"),
        ):
            builds: dict[str, Callable[[], Run]] = {
                "iclip": partial(self._ours, own, args),
                "open_clip": partial(self._theirs, own, args),
            }
            yield Case(title, builds, own + pairs)

    def _ours(self, labelled: int, args: argparse.Namespace) -> Run:
        """Build the hub's step."""
        from iclip.benchmarks.gpu.training import MethodStep
        from iclip.benchmarks.inputs.made_up import made_up_batch
        from iclip.benchmarks.inputs.text_models import swin_t

        config = "iclip_swint_full.py" if labelled else "clip_swint_pairs100.py"
        _, pairs, classes = _sizes(args)
        model = swin_t(args, classes, config)
        batch = made_up_batch(model, labelled, pairs, _SIDE)
        return MethodStep(model, batch, self.settings(args), half=args.bf16)

    def _theirs(self, labelled: int, args: argparse.Namespace) -> Run:
        """Build open_clip's step on a batch of the same sizes."""
        import torch

        from iclip.benchmarks.inputs.made_up import made_up_batch
        from iclip.benchmarks.inputs.text_models import swin_t
        from iclip.benchmarks.peers import open_clip_training as peer

        _, pairs, classes = _sizes(args)
        ours = swin_t(args, classes)
        batch = made_up_batch(ours, labelled, pairs, _SIDE)
        images = ours.data_preprocessor(batch, True)["inputs"]
        text = dict(context_length=_CONTEXT, width=512, heads=8, layers=args.text_layers or 12)
        if args.tiny:
            text |= dict(width=32, heads=2, layers=1)
        model = peer.two_towers(text)
        loss: torch.nn.Module = peer.clip_loss()
        if labelled:
            assert ours.class_prompts is not None
            class_ids = ours.class_prompts.token_ids_at(range(classes), 0)
            # Its text tower takes texts of its context length only.
            class_ids = torch.nn.functional.pad(class_ids, (0, _CONTEXT - class_ids.shape[1]))
            labels = batch["gt_labels"].to(args.device)
            loss = peer.JointLoss(model, class_ids.to(args.device), labels)
        return peer.OpenClipStep(model, loss, images, batch["token_ids"], args.device, args.bf16)


def _sizes(args: argparse.Namespace) -> tuple[int, int, int]:
    """Return the labelled images, the pairs and the classes."""
    default = (1, 2, 8) if args.tiny else (8, 16, 2000)
    given = (args.labelled, args.pairs, args.classes)
    labelled, pairs, classes = (
        own if value is None else value for value, own in zip(given, default, strict=True)
    )
    return labelled, pairs, classes
