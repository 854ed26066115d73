"""Train what a config describes: pre-training, or a downstream task.

    python tools/train.py configs/micro/iclip.py
    python tools/train.py configs/iclip_swinb.py --gpus 8 --resume

One process, or with --gpus one process a GPU (this script then runs itself under torchrun; with
NNODES, NODE_RANK, MASTER_ADDR and MASTER_PORT set, on several machines).
"""

import argparse
import os
import re
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmengine.config import Config

# What a user can cause and repair; anything else is a defect and shows its traceback.
USER_ERRORS = (ValueError, OSError, SyntaxError)
EXIT_USER_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    hide_gpus_if_asked(arguments)
    args = parse_arguments(arguments)
    try:
        run(args, arguments)
    except USER_ERRORS as error:
        if args.traceback or os.environ.get("ICLIP_TRACEBACK"):
            traceback.print_exc()
        rank = f"[rank {os.environ['RANK']}] " if os.environ.get("RANK", "0") != "0" else ""
        print(
            f"\n{rank}ERROR: {readable(error)}\n(--traceback shows where in the code)",
            file=sys.stderr,
        )
        return EXIT_USER_ERROR
    return 0


def readable(error: BaseException) -> str:
    """The message of an error, without the number of an OSError or a data worker's traceback."""
    message = str(error)
    if type(error) is OSError and error.strerror:
        message = error.strerror
    if "Original Traceback" in message:
        message = re.split(r"^[\w.]*(?:Error|Exception): ", message, flags=re.MULTILINE)[-1]
    return message.strip()


def hide_gpus_if_asked(arguments: Sequence[str]) -> None:
    """With ``--device cpu``, hide the GPUs; mmengine picks the device when it is imported."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--device")
    if parser.parse_known_args(arguments)[0].device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    from mmengine.config import DictAction

    from iclip.engine.work_dir import RESUME_LATEST

    parser = argparse.ArgumentParser(
        prog="tools/train.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("config", help="a config file, e.g. configs/iclip_swinb.py")
    parser.add_argument("--work-dir", help="logs and checkpoints; work_dirs/<config's name>")
    parser.add_argument(
        "--resume",
        nargs="?",
        const=RESUME_LATEST,
        metavar="PATH",
        help="continue from the work dir's latest checkpoint, or from PATH; from the beginning "
        "where there is none yet",
    )
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        action=DictAction,
        default={},
        metavar="KEY=VALUE",
        help="change settings, e.g. train_cfg.max_iters=100",
    )
    parser.add_argument("--gpus", help="processes on this machine, or 'all' visible GPUs")
    parser.add_argument("--device", choices=("cuda", "cpu"), help="the GPUs, if there are any")
    parser.add_argument("--seed", type=int, help="the run's seed; randomness.seed, else 0")
    parser.add_argument("--launcher", choices=("none", "pytorch", "slurm"), default="none")
    parser.add_argument("--traceback", action="store_true", help="show where an error came from")
    return parser.parse_args(arguments)


def run(args: argparse.Namespace, arguments: Sequence[str]) -> None:
    """Check, then train here or under torchrun."""
    from mmengine.runner import Runner

    from iclip.engine.launch import Launch, join_cpu_processes, plan_launch, replace_by_torchrun
    from iclip.engine.preflight import check_ready

    cfg = read_config(args)
    if args.launcher == "none":
        launch = plan_launch(args.gpus, args.device, os.environ)
    else:
        processes = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
        launch = Launch(processes, args.device or "cuda")
    check_ready(cfg, launch, os.environ)
    choose_start(cfg, args)
    if args.launcher == "none" and launch.distributed:
        replace_by_torchrun(launch, __file__, [*arguments, "--launcher", "pytorch"])
    if args.launcher != "none" and launch.device == "cpu":
        join_cpu_processes(cfg)
    Runner.from_cfg(cfg).train()


def read_config(args: argparse.Namespace) -> "Config":
    """Read the config and put the command line's settings into it."""
    from mmengine.config import Config

    if not Path(args.config).is_file():
        raise FileNotFoundError(f"config {args.config} does not exist")
    cfg = Config.fromfile(args.config)
    for key in args.cfg_options:
        if not has_setting(cfg, key):
            print(f"note: {key} of --cfg-options is new to {args.config}", file=sys.stderr)
    cfg.merge_from_dict(args.cfg_options)
    cfg.work_dir = args.work_dir or cfg.get("work_dir") or f"work_dirs/{Path(args.config).stem}"
    cfg.launcher = args.launcher
    randomness = dict(cfg.get("randomness") or {})
    if args.seed is not None:
        randomness["seed"] = args.seed
    # Without a seed mmengine draws one, and a run killed before its first checkpoint loses it.
    cfg.randomness = {**randomness, "seed": randomness.get("seed") or 0}
    return cfg


def has_setting(cfg: "Config", key: str) -> bool:
    """Whether a config has a dotted key; an index reaches into a list."""
    node: Any = cfg
    for part in key.split("."):
        try:
            node = node[int(part)] if isinstance(node, list | tuple) else node[part]
        except (KeyError, IndexError, ValueError, TypeError):
            return False
    return True


def choose_start(cfg: "Config", args: argparse.Namespace) -> None:
    """Set where the run starts: at a checkpoint, which is checked first, or at the beginning."""
    from iclip.checkpoints import load_checkpoint
    from iclip.engine.work_dir import find_resume_point

    checkpoint = find_resume_point(Path(cfg.work_dir), args.resume)
    cfg.resume = checkpoint is not None
    if checkpoint is not None:
        cfg.load_from = str(checkpoint)
        meta = load_checkpoint(checkpoint, mmap=True)["meta"]
        if args.seed is None and meta.get("seed") is not None:
            cfg.randomness["seed"] = meta["seed"]
    elif args.resume is not None:
        print(f"{cfg.work_dir} holds no checkpoint yet: starting at iteration 0", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
