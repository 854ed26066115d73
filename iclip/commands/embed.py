"""Write the embeddings of images into a table, for search, clusters and classifiers of your own.

    iclip embed work_dirs/iclip_swinb/latest.pth photos/ --out photos.npz
    iclip embed CKPT a.jpg b.jpg photos/ --features projection --out photos.csv
    torchrun --nproc-per-node 8 -m iclip embed CKPT photos/ --out photos.npz

INPUT is an image, or a folder of them at any depth. A .npz holds `embeds`, float32 of (N, D), and
`files`, their N paths, which numpy.load reads; a .csv has a row per image, its path first. MODEL is
what `iclip probe` takes. Images that cannot be read are named and have no row.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from iclip.commands.after_embedding import goes_on_alone
from iclip.commands.options import (
    add_embedding_options,
    add_features_option,
    local_path,
)
from iclip.files.images import LeftOut, files_below, is_image_name
from iclip.messages import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_embedding_options(parser)
    parser.add_argument(
        "inputs", type=local_path, nargs="+", metavar="INPUT", help="an image or a folder"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=".npz or .csv")
    add_features_option(parser)


def run(args: argparse.Namespace) -> None:
    """Embed the images, and write the table."""
    from iclip.zeroshot.cached_embeddings import embed, unread_summary
    from iclip.zeroshot.embedding_table import check_suffix, write_embeddings
    from iclip.zeroshot.image_readers import ImageFiles
    from iclip.zeroshot.loading import load_image_model
    from iclip.zeroshot.process_group import init_distributed

    check_suffix(args.out)
    files, left_out = find_images(args.inputs)
    device = init_distributed(args.device, args.cache)
    model = load_image_model(
        args.model, device, args.image_size, args.resize, args.precision, args.features
    )
    found = embed(model, ImageFiles(files, Path()), args.cache, args.batch_size, args.workers)
    if not goes_on_alone(model, args.cache):
        return
    embedded = [files[number] for number in found.numbers]
    write_embeddings(args.out, embedded, found.embeds)
    print(f"{args.out}: {counted(len(embedded), 'image')} x {found.embeds.shape[1]} numbers")
    notes = (str(left_out) and f"left out, no images: {left_out}", unread_summary(found))
    for line in filter(None, notes):
        print(line)


def find_images(inputs: Sequence[Path]) -> tuple[list[str], LeftOut]:
    """List the images of paths, each once, in the order given and then of their names.

    Returns:
        The images, and the other files of the folders.

    Raises:
        FileNotFoundError: A path does not exist.
        ValueError: A folder holds no image.
    """
    files: dict[str, None] = {}
    left_out = LeftOut()
    for path in inputs:
        if not path.exists():
            raise FileNotFoundError(f"INPUT {path} does not exist")
        found = [*files_below(path, is_image_name, left_out)] if path.is_dir() else [str(path)]
        if not found:
            raise ValueError(f"INPUT {path} holds no images")
        files |= dict.fromkeys(map(os.path.normpath, found))
    return [*files], left_out
