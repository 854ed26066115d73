"""Options that several commands have."""

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from iclip.data_root import data_root

if TYPE_CHECKING:
    from mmengine.config import Config


def add_embedding_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of commands that embed images with a model and keep the embeddings."""
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("--image-size", type=int, help="side in pixels (default: the model's)")
    parser.add_argument(
        "--resize", type=int, metavar="N",
        help="short side before the center is cut out (default: as in the model's validation)",
    )  # fmt: skip
    add_precision_option(parser)
    parser.add_argument(
        "--batch-size", type=int, metavar="N",
        help="images at a time (default: 64 on a CPU; on a GPU up to 512, as its memory holds)",
    )  # fmt: skip
    parser.add_argument(
        "--workers", type=int, default=0, metavar="N",
        help="processes that decode; under torchrun, for each of its processes",
    )  # fmt: skip
    parser.add_argument("--cache", type=Path, default=Path("work_dirs/embeddings"), metavar="DIR")
    add_device_option(parser)


def add_precision_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--precision``, that of a model that embeds images; None stands for the default."""
    parser.add_argument(
        "--precision", choices=("fp32", "bf16", "fp16"),
        help="default: bf16 on a GPU that multiplies in it, else fp32",
    )  # fmt: skip


def add_result_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``, the file of an evaluation's result."""
    parser.add_argument("--json", type=Path, metavar="F", help="the result, for tools/report.py")


def add_features_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--features``: which vector of an image is taken."""
    parser.add_argument(
        "--features", choices=("pooled", "projection"), default="pooled",
        help="the backbone's averaged last map (default), or the embedding in the joint space",
    )  # fmt: skip


def add_device_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--device``; None stands for the GPU, if there is one."""
    parser.add_argument("--device", choices=("cuda", "cpu"), help="the GPU, if there is one")


def local_path(text: str) -> Path:
    """Return a path that an option names.

    Raises:
        argparse.ArgumentTypeError: It is a URL.
    """
    # A path that went through pathlib has one slash where the URL has two.
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is a URL, and this command reads local files: copy them, or mount the bucket"
        )
    return Path(text)


def add_data_root_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--data-root``, the folder that holds the data sets."""
    parser.add_argument(
        "--data-root", type=local_path, default=str(data_root()), metavar="D",
        help="folder of the data sets (default: ICLIP_DATA, else data)",
    )  # fmt: skip


def add_config_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--cfg-options``, which changes settings of a config."""
    from mmengine.config import DictAction

    parser.add_argument(
        "--cfg-options", nargs="+", action=DictAction, default={}, metavar="KEY=VALUE",
        help="change settings, e.g. train_cfg.max_iters=100",
    )  # fmt: skip


def read_config_of(args: argparse.Namespace) -> "Config":
    """Read the config that a command was given, and change it by ``--cfg-options``."""
    import iclip.openmmlab  # noqa: F401  (before a config of downstream/ is read)
    from iclip.engine.start.config_files import read_config
    from iclip.engine.start.config_options import merge_options

    cfg = read_config(args.config)
    merge_options(cfg, args.cfg_options)
    return cfg


def add_launch_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of commands that may run in several processes."""
    parser.add_argument("--gpus", help="processes on this machine, or 'all' visible GPUs")
    parser.add_argument("--device", choices=("cuda", "cpu"), help="the GPUs, if there are any")
    parser.add_argument("--launcher", choices=("none", "pytorch", "slurm"), default="none")


def add_batch_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that divide the batch of pre-training."""
    parser.add_argument(
        "--global-batch-size", type=int, metavar="N",
        help="pre-training: samples of an optimizer step over all processes (default: the "
        "config's)",
    )  # fmt: skip
    parser.add_argument(
        "--micro-batch-size", type=_number_or_auto, metavar="M",
        help="pre-training: samples that a process computes at once, or 'auto' for the most that "
        "its GPU holds (default: the config's); the gradient is always that of the whole batch",
    )  # fmt: skip


def _number_or_auto(text: str) -> int | str:
    if text != "auto" and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number nor 'auto'")
    return text if text == "auto" else int(text)
