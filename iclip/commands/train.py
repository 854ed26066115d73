"""Train what a config describes: pre-training, or a downstream task.

    python tools/train.py configs/micro/iclip.py
    python tools/train.py configs/iclip_swinb.py --gpus 8 --resume

One process, or with --gpus one process per GPU (it then runs itself under torchrun; with
NNODES, NODE_RANK, MASTER_ADDR and MASTER_PORT set, on several machines).

SIGTERM and SIGUSR1 end a training after its step, with a checkpoint and exit code 75: the same
command with --resume goes on. A second SIGTERM ends it at once.
"""

import argparse
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from iclip.commands.options import (
    add_batch_options,
    add_config_options,
    add_launch_options,
    read_config_of,
)
from iclip.commands.scripts import program_of
from iclip.data_root import data_root

if TYPE_CHECKING:
    from mmengine.config import Config

    from iclip.engine.run_log import EarlyMessages
    from iclip.engine.start.launch import Launch

# SIGTERM and SIGUSR1 are notices from the first import on.
STOPS_ON_NOTICE = True
WORK_DIR = "--work-dir"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    from iclip.engine.start.resume_point import RESUME_LATEST

    parser.add_argument("config", help="a config file, e.g. configs/iclip_swinb.py")
    parser.add_argument(WORK_DIR, help="logs and checkpoints; work_dirs/<config's name>")
    parser.add_argument(
        "--resume",
        nargs="?",
        const=RESUME_LATEST,
        metavar="PATH",
        help="continue from the work dir's latest checkpoint, or from PATH; from the beginning "
        "where there is none yet",
    )
    add_config_options(parser)
    parser.add_argument(
        "--checkpoint",
        metavar="FILE",
        help="a downstream task: the backbone's weights, in any layout that the hub reads",
    )
    parser.add_argument(
        "--amp",
        action="store_true",
        help="a downstream task: bfloat16 autocast where the hardware has it",
    )
    add_launch_options(parser)
    parser.add_argument(
        "--max-restarts",
        type=int,
        default=0,
        metavar="N",
        help="start all processes again up to N times after a failure, from the latest checkpoint",
    )
    add_batch_options(parser)
    parser.add_argument("--seed", type=int, help="the run's seed; randomness.seed, else 0")


@dataclass(frozen=True)
class ReadyRun:
    """A training that has passed its checks.

    Attributes:
        cfg: Its config.
        launch: Its processes.
        notes: What the start says of the batch.
        early: Messages from before there was a log.
    """

    cfg: "Config"
    launch: "Launch"
    notes: Sequence[str]
    early: "EarlyMessages"


def run(args: argparse.Namespace) -> None:
    """Check what the run needs, then train here or under torchrun."""
    start(check(args), args)


def check(args: argparse.Namespace) -> ReadyRun:
    """Read the config, and check everything that would stop its training later.

    Raises:
        ValueError: Something is missing; see :func:`~iclip.engine.start.preflight.check_start`.
    """
    from iclip.engine.run_log import EarlyMessages
    from iclip.engine.start.global_batch import set_batch_options
    from iclip.engine.start.preflight import check_start
    from iclip.openmmlab.annotations import check_annotations

    early = EarlyMessages()
    cfg = build_config(args)
    notes = set_batch_options(cfg, args.global_batch_size, args.micro_batch_size)
    checks = [check_annotations]
    launch = check_start(cfg, args.gpus, args.device, checks, args.max_restarts, trains=True)
    return ReadyRun(cfg, launch, notes, early)


def start(ready: ReadyRun, args: argparse.Namespace) -> None:
    """Train here, or become torchrun, which starts the processes that do."""
    from iclip.engine.start.launch import (
        count_ranks,
        is_first_machine,
        join_processes,
        needs_torchrun,
    )
    from iclip.engine.start.loader_needs import warn_of_shortages
    from iclip.engine.start.own_work_dir import own_work_dir
    from iclip.engine.start.set_start import set_start
    from iclip.files.one_owner import check_not_in_use

    cfg, launch = ready.cfg, ready.launch
    if needs_torchrun(cfg, launch) and is_first_machine(os.environ):
        # A mistake is said once, and not by each process.
        check_not_in_use(Path(cfg.work_dir), WORK_DIR)
        set_start(cfg, args.resume, args.seed)
    join_processes(cfg, launch, program_of(args.command), args.arguments)
    with own_work_dir(cfg.work_dir):
        set_start(cfg, args.resume, args.seed)
        processes = count_ranks(cfg.launcher, launch, os.environ)
        batch = choose_batch_sizes(cfg, processes, launch.device)
        warn_of_shortages(cfg, launch.processes, processes, launch.device)
        say_start(cfg, ready.notes, processes, batch)
        train(cfg, ready.early)


def say_start(cfg: "Config", notes: Sequence[str], processes: int, batch: str | None) -> None:
    """Log how a step is divided, and record the start in the run's folder, on rank 0."""
    from mmengine.logging import print_log

    from iclip.engine.start.provenance import record_start
    from iclip.ranks.this_rank import this_rank

    if not this_rank().is_first:
        return
    for note in notes:
        print_log(note, logger="current", level=logging.WARNING)
    if batch is not None:
        print_log(f"Samples per step: {batch}", logger="current")
    record_start(cfg, data_root(), processes, batch)


def train(cfg: "Config", early: "EarlyMessages") -> None:
    """Build the run and train, with all messages in its log file."""
    from iclip.engine.divergence_errors import explain_divergence
    from iclip.engine.memory_errors import explain_memory_errors
    from iclip.engine.run_log import log_errors
    from iclip.engine.runner import HubRunner
    from iclip.engine.saving.last_save import last_save_finished
    from iclip.engine.start.config_files import explain_build_errors
    from iclip.engine.start.warm_up import fit_warm_up
    from iclip.ranks.lost import explain_lost_ranks

    memory_errors = explain_memory_errors(cfg, "train_dataloader")
    with log_errors(), explain_lost_ranks(), explain_build_errors(cfg), memory_errors:
        runner = HubRunner.from_cfg(cfg)
        early.write()
        fit_warm_up(runner)
        with last_save_finished(runner), explain_divergence(runner):
            runner.train()


def build_config(args: argparse.Namespace) -> "Config":
    """Read the config and put the command line's settings into it, but for those of the batch."""
    from iclip.engine.start.global_batch import GLOBAL

    cfg = read_config_of(args)
    set_downstream_options(cfg, args)
    if GLOBAL in args.cfg_options:
        raise ValueError(
            f"--cfg-options {GLOBAL}={args.cfg_options[GLOBAL]}: give --global-batch-size "
            f"{args.cfg_options[GLOBAL]}, which says what becomes of the learning rate"
        )
    cfg.work_dir = args.work_dir or cfg.get("work_dir") or f"work_dirs/{Path(args.config).stem}"
    cfg.launcher = args.launcher
    randomness = dict(cfg.get("randomness") or {})
    if args.seed is not None:
        randomness["seed"] = args.seed
    # Without a seed mmengine draws one, and a run killed before its first checkpoint loses it.
    cfg.randomness = {**randomness, "seed": randomness.get("seed") or 0}
    return cfg


def set_downstream_options(cfg: "Config", args: argparse.Namespace) -> None:
    """Put --checkpoint and --amp into the config of a downstream task.

    Raises:
        ValueError: ``--checkpoint`` is given with a config whose backbone takes no weights, or
            with ``--cfg-options`` that name another file.
    """
    from iclip.engine.start.pretrained_weights import BACKBONE_WEIGHTS, set_pretrained_weights
    from iclip.settings import has_setting

    if args.checkpoint is not None:
        other = args.cfg_options.get(BACKBONE_WEIGHTS, args.checkpoint)
        if other != args.checkpoint:
            raise ValueError(
                f"--checkpoint {args.checkpoint} and --cfg-options {BACKBONE_WEIGHTS}={other} name "
                "two files; leave one out"
            )
        if not has_setting(cfg, BACKBONE_WEIGHTS):
            raise ValueError(
                f"--checkpoint is for downstream tasks, and {args.config} sets no "
                f"{BACKBONE_WEIGHTS}; pre-training continues a run with --resume"
            )
        set_pretrained_weights(cfg, args.checkpoint)
    if args.amp and cfg.optim_wrapper.type != "AmpOptimWrapper":
        cfg.optim_wrapper.type = "iclip.PrecisionOptimWrapper"
        cfg.optim_wrapper.precision = "auto"


def choose_batch_sizes(cfg: "Config", processes: int, device: str) -> str | None:
    """Divide the config's batch among the run's processes.

    Returns:
        The sizes as a product, such as ``12,288 = 8 GPUs x 8 x 192``; None for a downstream task.
    """
    from iclip.distributed import from_rank_0
    from iclip.engine.start.global_batch import AUTO, MICRO, batch_sizes_of, set_batch_sizes

    if cfg.get(MICRO) == AUTO:
        cfg[MICRO] = from_rank_0(lambda: largest_micro_batch(cfg, processes))
    sizes = batch_sizes_of(cfg, processes, device)
    if sizes is None:
        return None
    set_batch_sizes(cfg, sizes)
    return sizes.describe(device)


def largest_micro_batch(cfg: "Config", processes: int) -> int:
    """Find the most samples of a config that this machine's first GPU computes at once."""
    import torch
    from mmengine.logging import print_log

    from iclip.planning import fitting_micro_batch

    gib = torch.cuda.get_device_properties(0).total_memory / 2**30
    print_log(f"Planning how many samples fit {gib:.0f} GiB; it takes minutes", logger="current")
    return fitting_micro_batch(cfg, processes, gib)
