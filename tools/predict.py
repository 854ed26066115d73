"""Predict on images or videos and draw what was found: boxes, masks, or a clip's classes.

    python tools/predict.py downstream/lvis_frcnn_2x.py CKPT photos/ --out predictions
    python tools/predict.py downstream/k400_video_swin_30e.py CKPT clip.mp4 --out predictions

INPUT is an image, a video, or a folder of them; there may be several. Detectors and segmenters take
frames of a video; recognisers take videos only. DIR receives a picture for each, and
predictions.json.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from iclip.command_line import run_tool, tool_parser


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
    from iclip.openmmlab.prediction import find_inputs, predict_files
    from iclip.openmmlab.predictors import build_predictor

    if not args.config.is_file():
        raise FileNotFoundError(f"config {args.config} does not exist")
    cfg = read_config(args.config)
    merge_options(cfg, args.cfg_options)
    only_videos = cfg.get("model", {}).get("type") == "Recognizer3D"
    files = find_inputs(args.inputs, only_videos, args.limit)
    device = args.device or ("cuda" if torch.cuda.is_available() else "cpu")
    predictor = build_predictor(cfg, args.checkpoint, device, args.score_threshold)
    records = predict_files(predictor, files, args.out, args.every)
    print(f"{len(records)} pictures: {args.out.resolve()}")


if __name__ == "__main__":
    sys.exit(main())
