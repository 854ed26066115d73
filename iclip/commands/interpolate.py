"""Put weights together with those that their training started from.

    iclip interpolate downstream/k400_video_swin_text_30e.py
        work_dirs/k400_video_swin_text_30e/latest.pth --share 0.5 --out k400_half.pth
    iclip interpolate before.pth after.pth --share 0.5 --out between.pth

A is a checkpoint, or the config of B's training: its model is then built and initialized as the
training does it, an image backbone inflated to video for instance. With --checkpoint F it starts
from F, as in tools/train.py. B is the checkpoint that the training reached. The result is
(1 - share) A + share B, a checkpoint that every command takes, whose meta says what it was made of
(interpolation). What is not the same network is refused, and so are parts that A would draw at
random: half of random numbers is not a start.

Whole numbers and embeddings of texts are B's. Statistics of batch norm are interpolated like
weights, which is not what the interpolated network would measure.
"""

import argparse
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iclip.messages import listing

if TYPE_CHECKING:
    from torch import Tensor

SHOWN = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("first", metavar="A", help="as B, or the config (.py) of its model")
    parser.add_argument("second", metavar="B", help="a checkpoint, or hf-hub:org/name")
    parser.add_argument("--share", type=float, default=0.5, help="B's share, 0 to 1 (default: 0.5)")
    parser.add_argument("--out", type=Path, required=True, metavar="F", help="the file, .pth")
    parser.add_argument(
        "--checkpoint", metavar="F", help="the file that the model of the config A starts from"
    )
    parser.add_argument("--force", action="store_true", help="replace what is there")


def run(args: argparse.Namespace) -> None:
    """Interpolate, and say what was done.

    Raises:
        FileExistsError: There is a file of the name, and ``--force`` is not given.
        ValueError: The two do not fit.
    """
    import torch

    from iclip.checkpoints import load_checkpoint
    from iclip.checkpoints.hub_names import short_name
    from iclip.checkpoints.interpolation import interpolate
    from iclip.files.atomic import write_atomically

    if args.out.exists() and not args.force:
        raise FileExistsError(f"--out {args.out} is there already: name another, or add --force")
    after = load_checkpoint(args.second)
    before = first_weights(args)
    try:
        found = interpolate(before, after["state_dict"], args.share)
    except ValueError as error:
        raise ValueError(f"{args.first} and {args.second}: {error}") from error
    made_of = {
        "first": short_name(args.first),
        "second": short_name(args.second),
        "share": args.share,
    }
    # Scores of the second are not those of the mean.
    meta = {**after["meta"], "interpolation": made_of}
    meta |= {"figures": {}} if "figures" in meta else {}
    buffer = io.BytesIO()
    torch.save({"state_dict": dict(found.tensors), "meta": meta}, buffer)
    write_atomically(args.out, buffer.getbuffer())
    print(
        f"{args.out}: {1 - args.share:g} x {args.first} + {args.share:g} x {args.second}, "
        f"{found.moved} tensors between the two, {found.equal} equal in both"
    )
    if found.taken:
        print(f"of {args.second} alone ({len(found.taken)}): {listing(found.taken, SHOWN)}")


def first_weights(args: argparse.Namespace) -> "dict[str, Tensor]":
    """Read A's weights, or build and initialize the model of the config that it is.

    Raises:
        ValueError: ``--checkpoint`` is given with a checkpoint, or the model draws weights.
    """
    from iclip.checkpoints import load_checkpoint

    if Path(args.first).suffix == ".py":
        return initial_weights(args.first, args.checkpoint)
    if args.checkpoint is not None:
        raise ValueError(
            f"--checkpoint {args.checkpoint} is for a config, and A is the checkpoint "
            f"{args.first}: leave it out"
        )
    weights: dict[str, Tensor] = load_checkpoint(args.first)["state_dict"]
    return weights


def initial_weights(config: str, checkpoint: str | None) -> "dict[str, Tensor]":
    """Return what the model of a config starts its training with.

    Raises:
        ValueError: The config is not of a downstream task, or parts of it start at random.
    """
    import torch

    from iclip.commands.train import set_pretrained_weights
    from iclip.engine.start.config_files import explain_build_errors, read_config
    from iclip.settings import has_setting

    cfg = read_config(config)
    if not has_setting(cfg, "model.backbone.checkpoint"):
        raise ValueError(
            f"{config} sets no model.backbone.checkpoint: A is the config of a downstream task, or "
            "a checkpoint"
        )
    if checkpoint is not None:
        set_pretrained_weights(cfg, checkpoint)
    with explain_build_errors(cfg):
        starts = [_initialized(cfg, seed) for seed in (0, 1)]
    drawn = [name for name, t in starts[0].items() if not torch.equal(t, starts[1][name])]
    if drawn:
        raise ValueError(
            f"{config} starts {len(drawn)} tensors at random: {listing(drawn, SHOWN)}. Only what "
            "begins with the weights of a file can be put together with what it became; for video "
            "that is downstream/k400_video_swin_text_30e.py"
        )
    return starts[0]


def _initialized(cfg: Any, seed: int) -> "dict[str, Tensor]":
    import torch
    from mmengine.registry import MODELS, DefaultScope

    torch.manual_seed(seed)
    with DefaultScope.overwrite_default_scope(cfg.get("default_scope")):
        model = MODELS.build(cfg.model)
        model.init_weights()
    weights: dict[str, Tensor] = model.state_dict()
    return weights
