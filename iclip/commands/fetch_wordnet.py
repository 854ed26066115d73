"""Fetch WordNet 3.0 for NLTK: from NLTK's server or, where that is out of reach, from Debian."""

import argparse
from pathlib import Path

from iclip.commands.command_line import CommandFailed
from iclip.text.sources.wordnet import WORDNET_ENV, default_directory
from iclip.text.sources.wordnet_fetch import fetch_wordnet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    default = str(default_directory()).replace("%", "%%")
    parser.add_argument(
        "--dir", type=Path, metavar="DIR",
        help=f"folder to put corpora/wordnet in; tell the other tools with {WORDNET_ENV}=DIR "
        f"(default: {default}, unless WordNet is already in a place where NLTK finds it)",
    )  # fmt: skip


def run(args: argparse.Namespace) -> None:
    """Fetch WordNet, or say where it is.

    Raises:
        CommandFailed: No source could be reached.
    """
    try:
        fetch_wordnet(args.dir)
    except RuntimeError as error:
        raise CommandFailed(str(error)) from error
