"""Evaluate a checkpoint as its config says: pre-training or a downstream task.

    python tools/test.py downstream/lvis_frcnn_2x.py work_dirs/lvis_frcnn_2x/latest.pth
    python tools/test.py configs/micro/iclip.py work_dirs/quickstart/latest.pth --json metrics.json

A downstream task runs its test data, pre-training its validation data. --tta puts together what the
model predicts of several views of each sample (test-time augmentation). With --gpus one process per
GPU (it then runs itself under torchrun).
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from iclip.commands.options import add_config_options, add_launch_options, read_config_of
from iclip.commands.scripts import program_of

if TYPE_CHECKING:
    from mmengine.config import Config

    from iclip.engine.run_log import EarlyMessages


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("config", help="the config the checkpoint was trained with")
    parser.add_argument("checkpoint", help="of the whole model: a file, or hf-hub:org/name")
    parser.add_argument("--work-dir", help="logs; work_dirs/<config's name>_test")
    parser.add_argument("--json", type=Path, metavar="F", help="write the result there")
    parser.add_argument("--tta", action="store_true", help="several views of each sample")
    add_config_options(parser)
    add_launch_options(parser)


def run(args: argparse.Namespace) -> None:
    """Check what the run needs, then evaluate here or under torchrun."""
    from iclip.checkpoints import identifying_file
    from iclip.engine.run_log import EarlyMessages

    early = EarlyMessages()
    cfg = read_config_of(args)
    identifying_file(args.checkpoint)  # an error comes before the checks of the data
    cfg.work_dir = args.work_dir or f"work_dirs/{Path(args.config).stem}_test"
    evaluate_config(cfg, args.checkpoint, args, early)


def evaluate_config(
    cfg: "Config", checkpoint: str, args: argparse.Namespace, early: "EarlyMessages"
) -> Mapping[str, float]:
    """Evaluate a checkpoint, here or under torchrun.

    Args:
        cfg: The resolved config, with its ``work_dir``.
        checkpoint: The whole model: a file, a model's folder, or its name on a hub.
        args: Options: ``tta``, ``json`` and those of :func:`.options.add_launch_options`.
        early: What has been said so far, for the log.

    Returns:
        The metrics by name.

    Raises:
        FileNotFoundError: The folder of ``--json`` does not exist.
    """
    from mmengine.dist import is_main_process

    from iclip.checkpoints.hub_files import local_path
    from iclip.engine.hooks.save_metrics import last_test
    from iclip.engine.memory_errors import explain_memory_errors
    from iclip.engine.run_log import log_errors
    from iclip.engine.runner import HubRunner
    from iclip.engine.start.config_files import explain_build_errors
    from iclip.engine.start.launch import join_processes
    from iclip.engine.start.preflight import check_start
    from iclip.openmmlab.annotations import check_annotations
    from iclip.openmmlab.test_time_views import with_test_time_views
    from iclip.results.run_files import save_json
    from iclip.settings import has_setting

    if args.json and not args.json.parent.is_dir():
        raise FileNotFoundError(f"--json {args.json}: there is no folder {args.json.parent}")
    cfg.launcher = args.launcher
    cfg.load_from = str(local_path(checkpoint))
    if has_setting(cfg, "model.backbone.checkpoint"):
        cfg.model.backbone.checkpoint = None  # the whole model's weights come after it
    if args.tta:
        cfg = with_test_time_views(cfg)
    launch = check_start(cfg, args.gpus, args.device, [check_annotations])
    join_processes(cfg, launch, program_of(args.command), args.arguments)
    section = "test_dataloader" if cfg.get("test_dataloader") else "val_dataloader"
    with log_errors(), explain_build_errors(cfg), explain_memory_errors(cfg, section):
        runner = HubRunner.from_cfg(cfg)
        early.write()
        metrics = runner.test() if section == "test_dataloader" else runner.val()
    if args.json and is_main_process():
        save_json(args.json, last_test(runner, metrics))
    return metrics
