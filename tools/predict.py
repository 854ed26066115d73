"""Predict on images or videos and draw what was found: boxes, masks, or a clip's classes.

    python tools/predict.py downstream/lvis_frcnn_2x.py CKPT photos/ --out predictions
    python tools/predict.py downstream/k400_video_swin_30e.py CKPT clip.mp4 --out predictions

INPUT is an image, a video, or a folder of them at any depth; there may be several. Detectors and
segmenters take frames of a video; recognisers take videos only. DIR receives a picture for each and
a line of predictions.jsonl as soon as it is there, and at the end predictions.json.

Nothing is overwritten. A run that was stopped goes on with what is left when it is called again
with the same DIR and settings. A file that fails is named, the others are done, and the exit code
is 2.
"""

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

from iclip.command_line import run_tool, tool_parser
from iclip.messages import counted

# As the shell says of a program that Ctrl-C has ended.
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    return run_tool(run, make_parser, arguments)


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    from mmengine.config import DictAction

    parser = tool_parser("predict", __doc__)
    parser.add_argument("config", type=Path, help="the config the checkpoint was trained with")
    parser.add_argument("checkpoint", type=Path, help="a checkpoint of the whole model")
    parser.add_argument(
        "inputs", type=Path, nargs="+", metavar="INPUT", help="an image, a video or a folder"
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
    parser.add_argument(
        "--cfg-options", nargs="+", action=DictAction, default={}, metavar="KEY=VALUE"
    )
    parser.add_argument("--device", choices=("cuda", "cpu"), help="the GPU, if there is one")
    return parser


def run(args: argparse.Namespace) -> None:
    """Build the model, predict, and say where the pictures are."""
    import torch

    from iclip.engine.config_files import read_config
    from iclip.engine.config_options import merge_options
    from iclip.export.manifest import sha256
    from iclip.openmmlab.predict.inputs import find_inputs
    from iclip.openmmlab.predict.predict_files import predict_files
    from iclip.openmmlab.predict.predictors import build_predictor, takes_only_videos

    if not args.config.is_file():
        raise FileNotFoundError(f"config {args.config} does not exist")
    if args.every <= 0:
        raise ValueError(f"--every {args.every}: give seconds above 0")
    cfg = read_config(args.config)
    merge_options(cfg, args.cfg_options)
    files, left_out = find_inputs(args.inputs, takes_only_videos(cfg), args.limit)
    print(f"{counted(len(files), 'file')}" + (f"; left out: {left_out}" if str(left_out) else ""))
    device = args.device or ("cuda" if torch.cuda.is_available() else "cpu")
    predictor = build_predictor(cfg, args.checkpoint, device, args.score_threshold)
    settings = {
        "config": str(args.config),
        "config_sha256": hashlib.sha256(cfg.pretty_text.encode()).hexdigest(),
        "checkpoint": str(args.checkpoint.resolve()),
        "checkpoint_sha256": sha256(args.checkpoint),
        "score_threshold": args.score_threshold,
        "every": args.every,
    }
    try:
        outcome = predict_files(predictor, files, args.out, args.every, settings)
    except KeyboardInterrupt:
        print(
            f"\nstopped; {args.out.resolve()} holds what is complete (predictions.jsonl). The same "
            "command does the rest",
            file=sys.stderr,
        )
        raise SystemExit(EXIT_INTERRUPTED) from None
    there = f", {outcome.there} of the files were done before" if outcome.there else ""
    print(f"{counted(len(outcome.records), 'picture')}: {args.out.resolve()}{there}")
    if outcome.failed:
        raise ValueError(f"{outcome.problem()}. The others are done") from outcome.error


if __name__ == "__main__":
    sys.exit(main())
