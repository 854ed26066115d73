"""Write a checkpoint in the layout of another library, with a manifest beside it.

    python tools/export.py work_dirs/iclip_swinb/latest.pth --layout timm --out swinb.safetensors
    python tools/export.py work_dirs/iclip_swinb/latest.pth --layout open_clip --out swinb_open_clip

    iclip       the whole model by its own names, without the optimizer's state
    official    the backbone as the original Swin repository stores it; Video Swin inflates it
    openmmlab   the backbone for the Swin classes of MMDetection and MMSegmentation
    timm        the backbone for timm.create_model(..., num_classes=0, checkpoint_path=F)
    open_clip   both towers and the tokenizer as a folder for open_clip's 'local-dir:FOLDER'
    onnx        both towers, or a fine-tuned classifier, as a folder of files for onnxruntime

The backbone may come from any file the hub reads: a checkpoint of pre-training or of a downstream
task, an export, a file of the original Swin, UniCL, timm, torchvision, transformers or detectron2,
with whatever a training has saved beside it. FILE#PART takes one of several sets of weights, e.g.
swin.pth#model_ema. --layout iclip strips a file to its weights. A video backbone goes to official
(mmaction's SwinTransformer3D) or iclip. OpenMMLab's own loading wants .pth.

An ONNX file takes pixels (uint8) or token ids, batches of any size, and images of one size, which
--image-size changes: Swin's windows follow from it. Before it appears, it is run in onnxruntime and
compared with the network, to 1e-5.

An export holds the whole backbone or stops: timm and open_clip have no place for the norms of a
detector's maps, which --leave-out norm0 norm1 norm2 gives up.
"""

import argparse
import math
from pathlib import Path

from iclip.messages import listing

SHOWN = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    layouts = ("iclip", "official", "openmmlab", "timm", "open_clip", "onnx")
    parser.add_argument("checkpoint", help="a file, FILE#PART, or hf-hub:org/name")
    parser.add_argument("--layout", choices=layouts, required=True)
    parser.add_argument("--out", type=Path, required=True, help=".pth, .safetensors, or a folder")
    parser.add_argument(
        "--config",
        help="open_clip, onnx: the run's config, where the checkpoint does not hold it",
    )
    parser.add_argument("--image-size", type=int, metavar="N", help="onnx: side of the images")
    parser.add_argument(
        "--leave-out", nargs="+", default=[], metavar="NAME",
        help="parts of the backbone that the layout need not have a place for, e.g. norm0 norm1",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace what is there")


def run(args: argparse.Namespace) -> None:
    """Export, and say what was written, what was left out and how to load it."""
    from iclip.engine.start.config_files import read_config
    from iclip.export import export_checkpoint
    from iclip.export.onnx_folder import export_onnx

    model = read_config(args.config).model if args.config else None
    if args.layout == "onnx":
        _refuse_options_of_others(args)
        manifest = export_onnx(args.checkpoint, args.out, model, args.image_size)
    else:
        if args.image_size is not None:
            raise ValueError("--image-size is for --layout onnx; other layouts take any size")
        manifest = export_checkpoint(
            args.checkpoint, args.layout, args.out,
            model=model, overwrite=args.force, leave_out=args.leave_out,
        )  # fmt: skip
    if manifest["source"]["choice"]:
        print(manifest["source"]["choice"])
    numbers = sum(math.prod(tensor["shape"]) for tensor in manifest["tensors"].values())
    print(f"{args.out}: {len(manifest['tensors'])} tensors, {numbers / 1e6:.1f} M numbers")
    dropped = manifest["dropped"]
    if dropped:
        print(f"left out ({len(dropped)}): {listing(dropped, SHOWN)}")
    for note in manifest["notes"]:
        print(note)
    print(f"sha256 {manifest['sha256']}")
    print(f"load with: {manifest['load_with']}")


def _refuse_options_of_others(args: argparse.Namespace) -> None:
    """Raise ValueError for what --layout onnx does not take."""
    given = [
        f"--{name}" for name in ("force", "leave-out") if getattr(args, name.replace("-", "_"))
    ]
    if given:
        raise ValueError(
            f"{listing(given)}: --layout onnx writes into a new folder, and the whole network"
        )
    if args.out.suffix == ".onnx":
        raise ValueError(f"--out {args.out}: ONNX files come as a folder, with a manifest")
