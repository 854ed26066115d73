"""Predict on images or videos and draw what was found: boxes, masks, or a clip's classes.

    python tools/predict.py downstream/lvis_frcnn_2x.py CKPT photos/ --out predictions
    python tools/predict.py downstream/k400_video_swin_30e.py CKPT clip.mp4 --out predictions

INPUT is an image, a video, or a folder of them at any depth; there may be several. Detectors and
segmenters take frames of a video; recognizers take videos only. As soon as a prediction is there,
its picture is in DIR and its line in predictions.jsonl; predictions.json is written at the end.

Nothing is overwritten. A command that was stopped does the rest when it is called again with the
same DIR and settings. A file that fails is named, the others are done, and the exit code is 2.
"""

import argparse
import hashlib
from pathlib import Path

from iclip.commands.options import (
    add_config_options,
    add_device_option,
    local_path,
    read_config_of,
)
from iclip.messages import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("config", type=Path, help="the config the checkpoint was trained with")
    parser.add_argument("checkpoint", type=Path, help="a checkpoint of the whole model")
    parser.add_argument(
        "inputs", type=local_path, nargs="+", metavar="INPUT", help="an image, a video or a folder"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="for the pictures")
    parser.add_argument("--limit", type=int, help="take the first so many files")
    parser.add_argument(
        "--score-threshold", type=float, default=0.3, help="of boxes (default: %(default)s)"
    )
    parser.add_argument(
        "--every",
        type=float,
        default=1.0,
        metavar="SECONDS",
        help="between a video's frames, for boxes and masks (default: %(default)s)",
    )
    add_config_options(parser)
    add_device_option(parser)


def run(args: argparse.Namespace) -> None:
    """Build the model, predict, and say where the pictures are."""
    import torch

    from iclip.files.checksum import file_sha256
    from iclip.openmmlab.predict.inputs import find_inputs
    from iclip.openmmlab.predict.predict_files import predict_files
    from iclip.openmmlab.predict.predictors import build_predictor, takes_only_videos

    if args.every <= 0:
        raise ValueError(f"--every {args.every}: give seconds above 0")
    cfg = read_config_of(args)
    files, left_out = find_inputs(args.inputs, takes_only_videos(cfg), args.limit)
    print(f"{counted(len(files), 'file')}" + (f"; left out: {left_out}" if str(left_out) else ""))
    device = args.device or ("cuda" if torch.cuda.is_available() else "cpu")
    predictor = build_predictor(cfg, args.checkpoint, device, args.score_threshold)
    settings = {
        "config": str(args.config),
        "config_sha256": hashlib.sha256(cfg.pretty_text.encode()).hexdigest(),
        "checkpoint": str(args.checkpoint.resolve()),
        "checkpoint_sha256": file_sha256(args.checkpoint),
        "score_threshold": args.score_threshold,
        "every": args.every,
    }
    try:
        outcome = predict_files(predictor, files, args.out, args.every, settings)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"stopped; {args.out.resolve()} holds what is complete (predictions.jsonl). The same "
            "command does the rest"
        ) from None
    before = f", {outcome.done_before} of the files were done before" if outcome.done_before else ""
    print(f"{counted(len(outcome.records), 'picture')}: {args.out.resolve()}{before}")
    if outcome.failed:
        raise ValueError(f"{outcome.problem()}. The others are done") from outcome.error
