"""Predict on images or videos and draw what was found: boxes, masks, or classes.

    iclip predict W photos/ --format pictures,coco,csv
    python tools/predict.py downstream/lvis_frcnn_2x.py CKPT photos/ --out predictions
    python tools/predict.py downstream/k400_video_swin_30e.py CKPT clip.mp4 --out predictions

W is the folder of a fine-tuning, or its file W/best.pth; the file says how its model is built. Of
any other checkpoint, its CONFIG comes first, whose name ends in .py.

INPUT is an image, a video, or a folder of them at any depth; there may be several. Detectors and
segmenters take frames of a video; recognizers take videos only. As soon as a prediction is there,
its picture is in DIR and its line in predictions.jsonl. At the end predictions.json is written, and
what --format names beside the pictures: coco.json, yolo/, labelstudio.json, fiftyone/ and
predictions.csv, each of all predictions in DIR.

A model that knows its classes by words (`--classifier text` of `iclip finetune`) takes others:
--classes "red fox, school bus", a class-text table, a list of names, or what `iclip words` wrote.
Words need the text tower of the pre-training: that of the fine-tuning's record, or --text-tower.

Nothing is overwritten but these files of the end. A command that was stopped does the rest when it
is called again with the same DIR and settings. A file that fails is named, the others are done, and
the exit code is 2.
"""

import argparse
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iclip.commands.class_options import add_class_options, embed_given_classes
from iclip.commands.options import (
    add_config_options,
    add_device_option,
    local_path,
    read_config_of,
)
from iclip.commands.predicted_folder import predict_into
from iclip.messages import counted

if TYPE_CHECKING:
    from iclip.predict.predict_files import ModelPredictor


@dataclass(frozen=True)
class _Model:
    """A model as its command line names it.

    Attributes:
        task: One of :mod:`iclip.tasks`.
        build: Builds it on a device.
        settings: What tells its predictions from those of another model, plain values.
        path: The file of its weights.
        described: The model's section of its config.
        trained_with: Name of the text tower's file, if it has one and the weights' file names it.
    """

    task: str
    build: Callable[[str], "ModelPredictor"]
    settings: Mapping[str, Any]
    path: Path
    described: Any
    trained_with: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.usage = "%(prog)s [options] {W | CONFIG CHECKPOINT} INPUT [INPUT ...]"
    parser.add_argument(
        "model", type=Path, metavar="W",
        help="a fine-tuned model: its folder or file, or hf-hub:org/name; or a config, and then "
        "its checkpoint",
    )  # fmt: skip
    parser.add_argument(
        "inputs", type=local_path, nargs="+", metavar="INPUT", help="an image, a video or a folder"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("predictions"), metavar="DIR",
        help="for the pictures (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--format", default="pictures", metavar="F,...",
        help="of pictures, coco, yolo, masks, labelstudio, fiftyone, csv (default: %(default)s)",
    )  # fmt: skip
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
    add_class_options(parser)
    add_config_options(parser)
    add_device_option(parser)


def run(args: argparse.Namespace) -> None:
    """Build the model, predict, and say where the pictures are."""
    from iclip.predict.inputs import find_inputs
    from iclip.predict.load_model import choose_device
    from iclip.predictions.formats import check_formats, parse_formats
    from iclip.tasks import VIDEO

    if args.every <= 0:
        raise ValueError(f"--every {args.every}: give seconds above 0")
    formats = parse_formats(args.format)
    model, inputs = _model(args)
    check_formats(formats, model.task)
    files, left_out = find_inputs(inputs, model.task == VIDEO, args.limit)
    print(f"{counted(len(files), 'file')}" + (f"; left out: {left_out}" if str(left_out) else ""))
    if args.classes is not None:
        model = _with_classes(model, args)
    predictor = model.build(choose_device(args.device))
    predict_into(
        args.out,
        predictor,
        model.task,
        files,
        formats,
        model.settings,
        args.score_threshold,
        args.every,
    )


def _model(args: argparse.Namespace) -> tuple[_Model, list[Path]]:
    """Read what the model is, and which of the arguments are inputs.

    Raises:
        ValueError: There is no input, or an option is one of the other form of the command.
    """
    if args.model.suffix != ".py":
        if args.cfg_options:
            raise ValueError(
                f"--cfg-options changes a config, and {args.model} is a model with its own. Give "
                "its config before its checkpoint: CONFIG CHECKPOINT INPUT"
            )
        return _of_file(args.model), args.inputs
    checkpoint, *inputs = args.inputs
    if not inputs:
        raise ValueError(f"after CONFIG {args.model} come CHECKPOINT and INPUT, and one is missing")
    args.config = args.model
    return _of_config(args, checkpoint), inputs


def _of_file(path: Path) -> _Model:
    """Read a model that its file describes."""
    from iclip.checkpoints.hub_names import resolved
    from iclip.checkpoints.model_files import read_model_file
    from iclip.checkpoints.model_folders import CONFIG
    from iclip.files.checksum import file_sha256
    from iclip.predict.load_model import model_of

    file = read_model_file(path)
    # Of a folder that holds best.pth, the file is named.
    stated = path if file.path.name == CONFIG else file.path
    settings = {"model": resolved(stated), "model_sha256": file_sha256(file.path)}
    return _Model(
        file.task,
        lambda device: model_of(file, device).predictor,
        settings,
        file.path,
        file.config.get("model"),
        file.text_tower,
    )


def _of_config(args: argparse.Namespace, checkpoint: Path) -> _Model:
    """Read a config, whose checkpoint is read when the model is built."""
    from iclip.checkpoints import identifying_file
    from iclip.checkpoints.hub_names import resolved
    from iclip.files.checksum import file_sha256
    from iclip.openmmlab.predict.predictors import build_predictor, task_of_predictor

    cfg = read_config_of(args)
    task = task_of_predictor(cfg)
    file = identifying_file(checkpoint)
    settings = {
        "config": str(args.config),
        "config_sha256": hashlib.sha256(cfg.pretty_text.encode()).hexdigest(),
        "checkpoint": resolved(checkpoint),
        "checkpoint_sha256": file_sha256(file),
    }
    return _Model(
        task,
        lambda device: build_predictor(cfg, checkpoint, device),
        settings,
        checkpoint,
        cfg.model.to_dict(),
    )


def _with_classes(model: _Model, args: argparse.Namespace) -> _Model:
    """Give a model the classes of ``--classes``, which are embedded here.

    Raises:
        ValueError: The model does not know its classes by words, or the classes cannot be embedded.
    """
    embeddings = embed_given_classes(args, model.described, model.path, model.trained_with)

    def build(device: str) -> "ModelPredictor":
        predictor = model.build(device)
        predictor.set_classes(embeddings)
        return predictor

    content = embeddings.embeds.numpy().tobytes()
    settings = {
        **model.settings,
        "classes": list(embeddings.names),
        "class_embeds_sha256": hashlib.sha256(content).hexdigest(),
    }
    return replace(model, build=build, settings=settings)
