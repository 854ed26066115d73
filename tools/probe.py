"""Linear probe and few-shot accuracy of a model's image embeddings.

    python tools/probe.py work_dirs/quickstart/latest.pth --train photos/train --test photos/val
    torchrun --nproc-per-node 8 tools/probe.py CKPT --train in1k/train --test in1k/val --workers 8

Both folders hold a folder a class. Logistic regression on the embeddings that tools/zeroshot.py
keeps as well; its regularisation is chosen on a fifth of the training images, as CLIP's is.
MODEL and torchrun are as for tools/zeroshot.py.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from iclip.command_line import add_embedding_options, run_tool, tool_parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    return run_tool(run, make_parser, arguments)


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = tool_parser("probe", __doc__)
    parser.add_argument("--train", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--test", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--seeds", type=int, default=3, help="draws of each number of shots")
    add_embedding_options(parser)
    return parser


def run(args: argparse.Namespace) -> None:
    """Embed both folders, fit, and print the accuracies."""
    import numpy as np

    from iclip.text.class_texts import ClassText, ClassTexts
    from iclip.zeroshot.batch_size import memory_note
    from iclip.zeroshot.embeddings import embed, folder_fingerprint, say_on_one_line
    from iclip.zeroshot.image_sets import class_folders
    from iclip.zeroshot.models import load_zero_shot_model
    from iclip.zeroshot.probe import few_shot, linear_probe
    from iclip.zeroshot.ranks import join_ranks, leave_ranks

    ids = sorted(path.name for path in args.train.glob("*/")) if args.train.is_dir() else []
    if len(ids) < 2:
        raise ValueError(f"--train {args.train} should hold folders of two or more classes")
    texts = ClassTexts([ClassText(name, (name,), "") for name in ids])
    pictures = [class_folders(folder, texts) for folder in (args.train, args.test)]
    device = join_ranks(args.device)
    model = load_zero_shot_model(args.model, device, args.image_size)
    parts = [
        embed(
            model, found, folder_fingerprint(folder), args.cache,
            args.batch_size, args.workers, say_on_one_line,
        )
        for found, folder in zip(pictures, (args.train, args.test), strict=True)
    ]  # fmt: skip
    if not leave_ranks():
        return
    train, test = (np.array(part.embeds) for part in parts)
    labels = parts[0].labels, parts[1].labels
    probe = linear_probe(train, labels[0], test, labels[1])
    shots = few_shot(train, labels[0], test, labels[1], seeds=args.seeds)
    print(f"linear probe, {len(train):,} images: {probe['top1']:.2f} %  (C {probe['C']:.3g})")
    for k, result in shots.items():
        print(f"{k:>3} a class: {result['mean']:.2f} ± {result['spread']:.2f} %")
    if memory_note(model):
        print(memory_note(model))
    if args.json:
        metrics = {"linear probe": probe["top1"]}
        metrics |= {f"{k} a class": result["mean"] for k, result in shots.items()}
        content = {"model": args.model, "metrics": metrics, "probe": probe, "few_shot": shots}
        args.json.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
