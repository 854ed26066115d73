"""Fetches WordNet 3.0 for NLTK: from NLTK's server or, where that is out of reach, from Debian."""

import argparse
import sys
from pathlib import Path

from iclip.text.sources.wordnet import WORDNET_ENV, default_directory
from iclip.text.sources.wordnet_fetch import fetch_wordnet


def main() -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--dir",
        type=Path,
        metavar="DIR",
        help=f"folder to put corpora/wordnet in; tell the other tools with {WORDNET_ENV}=DIR "
        "(default: %s, unless WordNet is already in a place where NLTK finds it)"
        % str(default_directory()).replace("%", "%%"),
    )
    arguments = parser.parse_args()
    try:
        fetch_wordnet(arguments.dir)
    except (OSError, RuntimeError, ValueError) as error:
        print(f"fetch_wordnet: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
