"""The Swin-T model of iCLIP with the real class texts, and batches for it."""

import argparse
from dataclasses import replace
from functools import cache

from iclip.benchmarks.inputs.made_up import build_method
from iclip.benchmarks.inputs.wordnet_texts import imagenet_22k_texts
from iclip.models import TwoTowers
from iclip.text.class_texts import ClassTexts
from iclip.text.tokenizer import CLIPTokenizer

CONFIG = "iclip_swint_full.py"


def add_text_layers(parser: argparse.ArgumentParser) -> None:
    """Add the option for fewer layers of the text tower, for a machine that is too slow."""
    parser.add_argument(
        "--text-layers", type=int, metavar="L", help="of the text tower (default: 12)"
    )


def add_kept_tokens(parser: argparse.ArgumentParser) -> None:
    """Add the option for how many activations of class texts are kept for the backward pass."""
    parser.add_argument(
        "--kept-tokens", type=int, metavar="N",
        help="tokens whose activations are kept (default: the models'); more is faster",
    )  # fmt: skip


@cache
def class_texts(count: int) -> tuple[ClassTexts, str]:
    """Read the texts once; see :func:`imagenet_22k_texts`."""
    return imagenet_22k_texts(count)


def swin_t(args: argparse.Namespace, classes: int, config: str = CONFIG) -> TwoTowers:
    """Build a method with Swin-T, without stochastic depth, whose draws would differ by side.

    Args:
        args: With ``tiny``, ``text_layers`` and ``device``, and perhaps ``kept_tokens``.
        classes: Number of class texts.
        config: File below ``configs/``.
    """
    model = build_method(
        config, class_texts(classes)[0], args.tiny, CLIPTokenizer(77),
        1 if args.tiny else args.text_layers, drop_path_rate=0.0,
    )  # fmt: skip
    kept_tokens = getattr(args, "kept_tokens", None)
    if kept_tokens is not None:
        model.text_chunks = replace(model.text_chunks, kept_tokens=kept_tokens)
    return model.to(args.device).train()


def titled(classes: int) -> str:
    """Name a number of class texts and where they come from."""
    return f"{classes:,} class texts of {class_texts(classes)[1]}"
