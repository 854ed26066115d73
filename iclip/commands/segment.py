"""Segment images by words, with a checkpoint of pre-training and no training for it.

    iclip segment CKPT photo.jpg --words "sky, grass, dog" --out segments
    iclip segment CKPT photos/ --words "dog, cat" --background "wall, floor" --out segments
    iclip segment CKPT images/ --words classes.jsonl --label-maps annotations/ --first-number 1

CKPT is a checkpoint of pre-training, or a folder that tools/export.py --layout open_clip wrote.
--words takes words, a class-text table, a file with a name per line, or class embeddings. Each
position of the image tower's last map is compared with the words; --background names what else
there may be, which is shown as one class. A pixel whose best word is not --odds times likelier than
the next is shown as "not sure" and has no class in what is written.

DIR gets a picture per image, with each word's share of the area, and predictions.json; what
--format names is written beside them: masks/ (index maps with classes.txt, which `iclip finetune
segmentation` reads), coco, yolo, labelstudio, fiftyone, csv. As for `iclip predict`, videos are
taken frame by frame, nothing is overwritten, and the same command goes on where it was stopped.

With --label-maps, nothing is drawn: the word of each pixel, sure or not, is compared with the map
of the image's name, and the IoU of each word is said.
"""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iclip.commands.options import add_device_option, local_path
from iclip.commands.predicted_folder import predict_into
from iclip.messages import counted

if TYPE_CHECKING:
    from iclip.dense.word_segmenter import WordSegmenter
    from iclip.predict.inputs import InputFile


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("model", metavar="CKPT", help="a checkpoint of pre-training")
    parser.add_argument(
        "inputs", type=local_path, nargs="+", metavar="INPUT", help="an image, a video or a folder"
    )
    parser.add_argument("--words", required=True, help="'sky, grass, dog', or a file; see above")
    parser.add_argument("--background", metavar="WORDS", help="what else there may be")
    parser.add_argument(
        "--templates", default="simple", metavar="SET",
        help="simple, openai_imagenet or openai_simple (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="DIR", help="for the pictures")
    parser.add_argument(
        "--format", default="pictures,masks", metavar="F,...",
        help="of pictures, masks, coco, yolo, labelstudio, fiftyone, csv (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--image-size", type=int, metavar="N",
        help="shorter side in pixels (default: twice that of the pre-training)",
    )  # fmt: skip
    parser.add_argument(
        "--odds", type=float, default=2.0, metavar="R",
        help="how much likelier than the next a word must be (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--precision", choices=("fp32", "bf16", "fp16"))
    parser.add_argument("--limit", type=int, help="take the first so many files")
    parser.add_argument(
        "--every", type=float, default=1.0, metavar="SECONDS",
        help="between a video's frames (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--label-maps", type=local_path, metavar="DIR", help="compare with these")
    parser.add_argument(
        "--first-number", type=int, default=0, metavar="K",
        help="number of the first word in the label maps; ADE20K: 1 (default: %(default)s)",
    )  # fmt: skip
    add_device_option(parser)


def run(args: argparse.Namespace) -> None:
    """Read words and images, and segment, or compare with label maps."""
    from iclip.predict.inputs import find_inputs
    from iclip.predictions.formats import check_formats, parse_formats
    from iclip.tasks import SEGMENTATION

    if (args.out is None) == (args.label_maps is None):
        raise ValueError("give --out DIR for pictures, or --label-maps DIR to compare with maps")
    if args.every <= 0:
        raise ValueError(f"--every {args.every}: give seconds above 0")
    formats = parse_formats(args.format)
    check_formats(formats, SEGMENTATION)
    files, left_out = find_inputs(args.inputs, only_videos=False, limit=args.limit)
    print(f"{counted(len(files), 'file')}" + (f"; left out: {left_out}" if str(left_out) else ""))
    if args.out is None:
        _compare(args, files)
        return
    segmenter, settings = _segmenter(args)
    predict_into(args.out, segmenter, SEGMENTATION, files, formats, settings, 0.0, args.every)


def _segmenter(args: argparse.Namespace) -> tuple["WordSegmenter", dict[str, Any]]:
    """Build the segmenter; return it with the settings of its predictions, plain values."""
    from iclip.dense.word_segmenter import WordSegmenter
    from iclip.predict.load_model import choose_device
    from iclip.words.vocabulary import embed_vocabulary, read_vocabulary
    from iclip.zeroshot.loading import load_zero_shot_model

    # Before the model, whose loading takes longer.
    asked = (("--words", args.words), ("--background", args.background))
    vocabularies = [read_vocabulary(text, name) for name, text in asked if text is not None]
    model = load_zero_shot_model(args.model, choose_device(args.device), precision=args.precision)
    words, *background = (embed_vocabulary(model, v, args.templates) for v in vocabularies)
    segmenter = WordSegmenter(
        model, words, background[0] if background else None, args.image_size, args.odds
    )
    print(
        f"images of {segmenter.image_size} pixels on the shorter side (pre-training: "
        f"{model.image_size}), {segmenter.stride} pixels per position of the map"
    )
    settings = {
        "model": args.model,
        "weights": model.fingerprint(),
        "words": [*segmenter.classes],
        "background": [*background[0].names] if background else [],
        "templates": args.templates,
        "image_size": segmenter.image_size,
        "odds": args.odds,
    }
    return segmenter, settings


def _compare(args: argparse.Namespace, files: Sequence["InputFile"]) -> None:
    """Say how well the words name the pixels of label maps."""
    from iclip.dense.label_map_scores import find_label_maps, score_label_maps
    from iclip.evaluation.class_iou import mean_iou, mean_iou_by_chance

    videos = [str(file.path) for file in files if file.is_video]
    if videos:
        raise ValueError(f"--label-maps compares images, and {videos[0]} is a video")
    label_maps = find_label_maps([file.path for file in files], args.label_maps)
    segmenter, _ = _segmenter(args)
    pixels = score_label_maps(segmenter, label_maps, args.first_number)
    for name, iou, count in zip(segmenter.words, pixels.iou(), pixels.true, strict=True):
        # A word that is neither in the maps nor predicted has no IoU.
        shown = "    -" if math.isnan(iou) else f"{100 * iou:5.1f}"
        print(f"{shown}  {name}  ({counted(int(count), 'pixel')})")
    print(
        f"mIoU {mean_iou(pixels):.1f} %, pixel accuracy {100 * pixels.accuracy():.1f} % "
        f"({counted(len(files), 'image')}; no label map was trained on). Words drawn at random: "
        f"mIoU {mean_iou_by_chance(pixels):.1f} %"
    )
