"""Write a checkpoint in the layout of another library, with a manifest beside it.

    python tools/export.py work_dirs/iclip_swinb/latest.pth --layout timm --out swinb.safetensors
    python tools/export.py work_dirs/iclip_swinb/latest.pth --layout open_clip --out swinb_open_clip

    iclip       the whole model by its own names, without the optimizer's state
    official    the backbone as the original Swin repository stores it; Video Swin inflates it
    openmmlab   the backbone for the Swin classes of MMDetection and MMSegmentation
    timm        the backbone for timm.create_model(..., num_classes=0, checkpoint_path=F)
    open_clip   both towers and the tokenizer as a folder for open_clip's 'local-dir:FOLDER'

The backbone may come from any file the hub reads: a checkpoint of pre-training or of a downstream
task, an export, a file of the original Swin, UniCL, timm, torchvision, transformers or detectron2,
with whatever a training has saved beside it. FILE#PART takes one of several sets of weights, e.g.
swin.pth#model_ema. --layout iclip strips a file to its weights. A video backbone goes to official
(mmaction's SwinTransformer3D) or iclip. OpenMMLab's own loading wants .pth.

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
    layouts = ("iclip", "official", "openmmlab", "timm", "open_clip")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--layout", choices=layouts, required=True)
    parser.add_argument("--out", type=Path, required=True, help=".pth, .safetensors, or a folder")
    parser.add_argument(
        "--config", help="open_clip: the run's config, where the checkpoint does not hold it"
    )
    parser.add_argument(
        "--leave-out", nargs="+", default=[], metavar="NAME",
        help="parts of the backbone that the layout need not have a place for, e.g. norm0 norm1",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace what is there")


def run(args: argparse.Namespace) -> None:
    """Export, and say what was written, what was left out and how to load it."""
    from iclip.engine.start.config_files import read_config
    from iclip.export import export_checkpoint

    model = read_config(args.config).model if args.config else None
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
