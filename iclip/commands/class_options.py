"""The options by which a trained model that knows its classes by words takes others."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iclip.messages import counted, listing, printable

if TYPE_CHECKING:  # it imports torch, before which the device has to be settled
    from iclip.words import ClassEmbeddings


def add_class_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--classes`` and ``--text-tower``."""
    parser.add_argument(
        "--classes", metavar="WORDS",
        help="other classes than the model's own: words between commas, or a file of them",
    )  # fmt: skip
    parser.add_argument(
        "--text-tower", metavar="CKPT", help="the pre-training whose text tower embeds --classes"
    )


def embed_given_classes(
    args: argparse.Namespace, described: Any, weights: Path, trained_with: str
) -> ClassEmbeddings:
    """Embed the classes of ``--classes``, and say which they are.

    Args:
        args: With ``classes``, ``text_tower`` and ``device``.
        described: The model's section of its config.
        weights: The file of its weights; the record of a fine-tuning beside it knows the text
            tower.
        trained_with: Name of the text tower's file, if it has one and the weights' file names it.

    Raises:
        ValueError: The model does not know its classes by words, or the classes cannot be embedded.
    """
    from iclip.finetune.run_folder import began_with, is_prepared
    from iclip.predict.load_model import choose_device
    from iclip.words import classes_for

    tower, folder = args.text_tower, weights.parent
    if tower is None and is_prepared(folder):
        tower = began_with(folder).checkpoint
    embeddings = classes_for(
        described, args.classes, tower, str(weights),
        trained_with=trained_with, device=choose_device(args.device),
    )  # fmt: skip
    names = listing(list(map(printable, embeddings.names)), 5)
    print(f"{counted(len(embeddings), 'class', 'classes')} of --classes: {names}")
    if warning := embeddings.warning():
        print(f"WARNING: {warning}")
    return embeddings
