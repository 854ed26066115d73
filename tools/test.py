"""Evaluate a checkpoint as its config says: pre-training or a downstream task.

    python tools/test.py downstream/lvis_frcnn_2x.py work_dirs/lvis_frcnn_2x/latest.pth
    python tools/test.py configs/micro/iclip.py work_dirs/quickstart/latest.pth --json metrics.json

A downstream task runs its test data, pre-training its validation data. With --gpus one process a
GPU (this script then runs itself under torchrun).
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from iclip.command_line import hide_gpus_if_asked, report_user_errors


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    hide_gpus_if_asked(arguments)
    args = parse_arguments(arguments)
    return report_user_errors(lambda: run(args, arguments), args.traceback)


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    from mmengine.config import DictAction

    parser = argparse.ArgumentParser(
        prog="tools/test.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("config", help="the config the checkpoint was trained with")
    parser.add_argument("checkpoint", help="a checkpoint of the whole model")
    parser.add_argument("--work-dir", help="logs; work_dirs/<config's name>_test")
    parser.add_argument("--json", type=Path, metavar="F", help="write the metrics there")
    parser.add_argument(
        "--cfg-options", nargs="+", action=DictAction, default={}, metavar="KEY=VALUE"
    )
    parser.add_argument("--gpus", help="processes on this machine, or 'all' visible GPUs")
    parser.add_argument("--device", choices=("cuda", "cpu"), help="the GPUs, if there are any")
    parser.add_argument("--launcher", choices=("none", "pytorch", "slurm"), default="none")
    parser.add_argument("--traceback", action="store_true", help="show where an error came from")
    return parser.parse_args(arguments)


def run(args: argparse.Namespace, arguments: Sequence[str]) -> None:
    """Check, then evaluate here or under torchrun."""
    import os

    from mmengine.dist import is_main_process
    from mmengine.runner import Runner

    import iclip.openmmlab  # noqa: F401  (before a config of downstream/ is read)
    from iclip.engine.config_files import buildable, read_config
    from iclip.engine.config_options import merge_options
    from iclip.engine.launch import Launch, join_cpu_processes, plan_launch, replace_by_torchrun
    from iclip.engine.memory_errors import memory_told
    from iclip.engine.preflight import check_ready
    from iclip.engine.run_log import EarlyMessages, errors_in_log
    from iclip.openmmlab.annotations import check_annotations
    from iclip.settings import has_setting

    early = EarlyMessages()
    cfg = read_config(args.config)
    merge_options(cfg, args.cfg_options)
    if not Path(args.checkpoint).is_file():
        raise FileNotFoundError(f"{args.checkpoint} does not exist")
    if args.json and not args.json.parent.is_dir():
        raise FileNotFoundError(f"--json {args.json}: there is no folder {args.json.parent}")
    cfg.work_dir = args.work_dir or f"work_dirs/{Path(args.config).stem}_test"
    cfg.launcher = args.launcher
    cfg.load_from = args.checkpoint
    if has_setting(cfg, "model.backbone.checkpoint"):
        cfg.model.backbone.checkpoint = None  # the whole model's weights come after it
    if args.launcher == "none":
        launch = plan_launch(args.gpus, args.device, os.environ)
    else:
        launch = Launch(int(os.environ.get("LOCAL_WORLD_SIZE", 1)), args.device or "cuda")
    check_ready(cfg, launch, os.environ, [check_annotations])
    if args.launcher == "none" and launch.distributed:
        replace_by_torchrun(launch, __file__, [*arguments, "--launcher", "pytorch"])
    if args.launcher != "none" and launch.device == "cpu":
        join_cpu_processes(cfg)
    section = "test_dataloader" if cfg.get("test_dataloader") else "val_dataloader"
    with errors_in_log(), buildable(cfg), memory_told(cfg, section):
        runner = Runner.from_cfg(cfg)
        early.write()
        metrics = runner.test() if section == "test_dataloader" else runner.val()
    if args.json and is_main_process():
        args.json.write_text(json.dumps(metrics, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
