"""Say what a training needs before its GPUs are rented.

    python tools/plan.py configs/iclip_swinb.py --gpus 8
    python tools/plan.py configs/iclip_swinb.py --gpus 64 --gpu h200 --micro-batch-size auto
    python tools/plan.py downstream/lvis_frcnn_2x.py --gpus 8 --gpu-memory 40 --json

It traces one optimizer step of the config's own model on tensors without values, so it needs
neither a GPU nor data: memory of the fullest GPU and what it is made of, operations, traffic
between the GPUs, time, what the data have to deliver, disk. Where the step does not fit, it tries
what would make it fit. What is assumed stands at the end.
"""

import argparse
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from iclip.commands.options import add_batch_options, add_config_options, read_config_of

if TYPE_CHECKING:
    from iclip.planning.plan import Hardware

_USUAL_GPU = "h100"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    from iclip.gpu_models import GPU_MODELS

    parser.add_argument("config", help="a config file, e.g. configs/iclip_swinb.py")
    parser.add_argument("--gpus", type=int, required=True, metavar="N", help="on all machines")
    card = parser.add_mutually_exclusive_group()
    card.add_argument(
        "--gpu", default=_USUAL_GPU, metavar="NAME",
        help=f"{', '.join(GPU_MODELS)} (default: {_USUAL_GPU})",
    )  # fmt: skip
    card.add_argument("--gpu-memory", type=float, metavar="GIB", help="memory of another GPU")
    add_batch_options(parser)
    parser.add_argument(
        "--classes", type=int, metavar="N",
        help="pre-training: number of classes, if the table of class texts is not there",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_config_options(parser)


def run(args: argparse.Namespace) -> None:
    """Plan, and print the plan."""
    from iclip.engine.start.global_batch import batch_sizes_of, set_batch_options
    from iclip.planning import plan_training
    from iclip.planning.plan_text import plan_text

    hardware = hardware_of(args)
    cfg = read_config_of(args)
    notes = set_batch_options(cfg, args.global_batch_size, args.micro_batch_size)
    batch_sizes_of(cfg, args.gpus)  # what cannot be divided is said before anything is traced
    plan = plan_training(cfg, hardware, args.classes)
    plan = replace(plan, notes=[*notes, *plan.notes])
    print(json.dumps(plan.as_json(), indent=2) if args.json else plan_text(plan))


def hardware_of(args: argparse.Namespace) -> "Hardware":
    """Return the GPUs that the options name.

    Raises:
        ValueError: A number is too small, or the GPU's name is unknown.
    """
    from iclip.gpu_models import gpu_model
    from iclip.planning.plan import Hardware

    for option, value in (
        ("--gpus", args.gpus), ("--gpu-memory", args.gpu_memory), ("--classes", args.classes),
    ):  # fmt: skip
        if value is not None and not value > 0:
            raise ValueError(f"{option} {value:g}: give a number above 0")
    if args.gpu_memory is not None:
        return Hardware(args.gpus, args.gpu_memory)
    model = gpu_model(args.gpu)
    return Hardware(args.gpus, model.memory_gib, args.gpu, model)
