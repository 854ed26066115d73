"""Embeddings as a table for other programs: NumPy's .npz, or .csv."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from iclip.files.atomic import open_atomically
from iclip.zeroshot.embedding_store import Rows

SUFFIXES = (".npz", ".csv")


def check_suffix(file: Path) -> None:
    """Check that a table can be written, before the work that it is for.

    Raises:
        ValueError: The suffix is not that of a table, or the place is a folder.
    """
    if file.suffix not in SUFFIXES:
        raise ValueError(f"--out {file}: give a file that ends in {' or '.join(SUFFIXES)}")
    if file.is_dir():
        raise ValueError(f"--out {file} is a folder; give a file")


def write_embeddings(file: Path, names: Sequence[str], embeds: Rows) -> None:
    """Write embeddings and the images' paths, whole or not at all.

    Args:
        file: ``.npz``: ``embeds`` (N, D), float32, and ``files`` (N,), text. ``.csv``: a header,
            and a row per image; each number has as many digits as float32 tells apart.
        names: Paths of N images.
        embeds: Their embeddings, (N, D).

    Raises:
        OSError: It could not be written.
    """
    with open_atomically(file) as binary:
        if file.suffix == ".npz":
            # Of text as of numbers, nothing has to be unpickled.
            np.savez(binary, embeds=np.asarray(embeds), files=np.asarray(names, dtype=np.str_))
            return
        # Bytes of a name that are not UTF-8 come back as they are.
        text = io.TextIOWrapper(binary, "utf-8", errors="surrogateescape", newline="")
        table = csv.writer(text)
        table.writerow(["file", *(f"e{i}" for i in range(embeds.shape[1]))])
        for name, row in zip(names, embeds, strict=True):
            table.writerow([name, *map(str, row)])
        text.flush()
        text.detach()
