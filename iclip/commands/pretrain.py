"""Pre-train on this machine's GPUs, or in one process on a CPU.

    iclip pretrain configs/micro/iclip.py
    iclip pretrain configs/iclip_swinb.py 8 --resume

GPUS: how many, all visible ones by default. `iclip pretrain CONFIG 2 --device cpu` runs two
processes on the CPU. On several machines, run it on each with torchrun's variables:

    NNODES=8 NODE_RANK=3 MASTER_ADDR=10.0.0.1 MASTER_PORT=29500 iclip pretrain CONFIG 8

CONFIG is a file of yours, or one that comes with the hub (`iclip configs`). A downstream task is
trained in the same way. The rest is as in `iclip train`.
"""

import argparse

from iclip.commands import train

STOPS_ON_NOTICE = train.STOPS_ON_NOTICE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``train``, and the number of GPUs as its second word."""
    train.add_arguments(parser)
    parser.add_argument("processes", nargs="?", metavar="GPUS", help="default: all visible ones")


def run(args: argparse.Namespace) -> None:
    """Train on so many GPUs.

    Raises:
        ValueError: The number is given twice.
    """
    if args.processes is not None and args.gpus is not None:
        raise ValueError(
            f"GPUS is {args.processes} and --gpus {args.gpus}: give the number of GPUs once"
        )
    args.gpus = args.processes or args.gpus or "all"
    train.run(args)
