"""Segment images by words, with a checkpoint of pre-training and no training for it.

    iclip segment CKPT photo.jpg --words "sky, grass, dog"
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
of the image's name, and the IoU of each word is said. --json F keeps it for tools/report.py, which
sets it beside published figures of the same kind where --protocol names one.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from iclip.commands.options import (
    add_device_option,
    add_precision_option,
    add_result_option,
    local_path,
)
from iclip.commands.predicted_folder import predict_into
from iclip.messages import counted

if TYPE_CHECKING:
    from iclip.dense.word_segmenter import WordSegmenter
    from iclip.predict.inputs import InputFile
    from iclip.results import Result, SetResult
    from iclip.words import ClassEmbeddings
    from iclip.zeroshot.embedding_model import ImageTextEmbedder

PICTURES = Path("segments")


class Loaded(NamedTuple):
    """A segmenter and what it was made of."""

    segmenter: "WordSegmenter"
    model: "ImageTextEmbedder"
    words: "ClassEmbeddings"
    background: tuple[str, ...]


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
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help=f"for the pictures (default: {PICTURES})"
    )
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
    add_precision_option(parser)
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
    parser.add_argument(
        "--protocol", metavar="P",
        help="ade150-untrained-maps or toy-untrained-maps, if the label maps are that data set's",
    )  # fmt: skip
    add_result_option(parser)
    add_device_option(parser)


def run(args: argparse.Namespace) -> None:
    """Read words and images, and segment, or compare with label maps."""
    from iclip.dense.map_result import check_protocol
    from iclip.predict.inputs import find_inputs
    from iclip.predictions.formats import check_formats, parse_formats
    from iclip.tasks import SEGMENTATION

    if args.label_maps is None:
        args.out = args.out or PICTURES
    elif args.out is not None:
        raise ValueError(
            "--out DIR is for pictures, and --label-maps DIR draws none: leave one of them out"
        )
    if args.label_maps is None and (args.json or args.protocol):
        option = "--json" if args.json else "--protocol"
        raise ValueError(f"{option} is for a figure, which needs --label-maps DIR")
    check_protocol(args.protocol)
    if args.every <= 0:
        raise ValueError(f"--every {args.every}: give seconds above 0")
    formats = parse_formats(args.format)
    check_formats(formats, SEGMENTATION)
    files, left_out = find_inputs(args.inputs, only_videos=False)
    chosen = files[: args.limit]
    told = counted(len(files), "file")
    if len(chosen) < len(files):
        told = f"{len(chosen):,} of {told}"
    print(told + (f"; left out: {left_out}" if str(left_out) else ""))
    if args.out is None:
        _compare(args, chosen, len(files))
        return
    loaded = _segmenter(args)
    predict_into(
        args.out, loaded.segmenter, SEGMENTATION, chosen, formats, _plain(args, loaded), 0.0,
        args.every,
    )  # fmt: skip


def _segmenter(args: argparse.Namespace) -> Loaded:
    """Build the segmenter."""
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
    return Loaded(segmenter, model, words, background[0].names if background else ())


def _plain(args: argparse.Namespace, loaded: Loaded) -> dict[str, Any]:
    """Return the settings of predictions, plain values."""
    return {
        "model": args.model,
        "weights": loaded.model.fingerprint(),
        "words": [*loaded.segmenter.classes],
        "background": [*loaded.background],
        "templates": args.templates,
        "image_size": loaded.segmenter.image_size,
        "odds": args.odds,
    }


def _compare(args: argparse.Namespace, files: Sequence["InputFile"], found: int) -> None:
    """Say how well the words name the pixels of label maps, of so many images that were found."""
    from iclip.dense.label_map_scores import find_label_maps, score_label_maps
    from iclip.dense.map_result import map_result
    from iclip.results import WordMaps, save_result
    from iclip.zeroshot.classification import fingerprint_of_texts

    videos = [str(file.path) for file in files if file.is_video]
    if videos:
        raise ValueError(f"--label-maps compares images, and {videos[0]} is a video")
    label_maps = find_label_maps([file.path for file in files], args.label_maps)
    loaded = _segmenter(args)
    started = time.monotonic()
    pixels = score_label_maps(loaded.segmenter, label_maps, args.first_number)
    detail = WordMaps(
        loaded.words.names,
        loaded.background,
        args.first_number,
        args.templates,
        fingerprint_of_texts(loaded.words.texts),
        loaded.segmenter.stride,
    )
    part = map_result(pixels, len(files), found, args.label_maps, detail, args.protocol)
    assert part.per_class is not None
    for entry in part.per_class.classes:
        shown = "    -" if entry.value is None else f"{entry.value:5.1f}"
        print(f"{shown}  {entry.name}  ({counted(entry.count, 'pixel')})")
    scores = part.short_scores
    print(
        f"mIoU {scores['mIoU']:.1f} %, pixel accuracy {scores['pixel_accuracy']:.1f} % "
        f"({counted(len(files), 'image')}; no label map was trained on); {part.notes[0]} %"
    )
    for deviation in part.deviations:
        print(f"deviates from {args.protocol}: {deviation}")
    if args.json:
        part = replace(part, seconds=round(time.monotonic() - started, 2))
        save_result(args.json, _result(args, loaded, part))


def _result(args: argparse.Namespace, loaded: Loaded, part: "SetResult") -> "Result":
    """Put what was measured together with the weights and where they come from."""
    from iclip.results import WORD_MAPS, Provenance, Result
    from iclip.zeroshot.records import model_settings

    # The whole image is resized, and nothing is cut out.
    size = loaded.segmenter.image_size
    settings = replace(model_settings(loaded.model), image_size=size, resize=None)
    return Result(WORD_MAPS, (part,), settings, Provenance.now(), args.model)
