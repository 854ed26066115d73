"""Zero-shot classification: a model's accuracy on data sets it was not trained for.

    python tools/zeroshot.py work_dirs/quickstart/latest.pth --suite toy
    python tools/zeroshot.py open_clip:ViT-B-16:openai --suite kornblith12 --data-root data
    python tools/zeroshot.py CKPT --folder photos --class-texts photos.jsonl
    torchrun --nproc-per-node 8 tools/zeroshot.py CKPT --suite imagenet1k --workers 8

MODEL is a checkpoint of pre-training, a folder that tools/export.py --layout open_clip wrote, or
open_clip:NAME[:PRETRAINED tag or file]. A data set of one's own is a folder a class and a
class-text table (tools/build_class_texts.py). Image embeddings are kept below --cache: another set
of prompts costs seconds, and a run that was killed goes on where it was. Under torchrun, as many
GPUs (with --device cpu: processes) share the images.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from iclip.command_line import add_embedding_options, run_tool, tool_parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    return run_tool(run, make_parser, arguments)


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = tool_parser("zeroshot", __doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--suite", help="kornblith12, imagenet1k or toy")
    what.add_argument("--folder", type=Path, help="a folder a class; needs --class-texts")
    parser.add_argument("--datasets", help="some of the suite's, with commas")
    parser.add_argument("--class-texts", type=Path, metavar="F", help="table of --folder's classes")
    parser.add_argument(
        "--data-root", type=Path, default=os.environ.get("ICLIP_DATA", "data"), metavar="D"
    )
    parser.add_argument(
        "--descriptions", type=Path, metavar="F",
        help="class-text table whose descriptions follow the names (one suite's data set)",
    )  # fmt: skip
    parser.add_argument("--names-only", action="store_true", help="leave descriptions out")
    parser.add_argument("--template", action="append", help="replaces the data set's; repeatable")
    add_embedding_options(parser)
    return parser


def run(args: argparse.Namespace) -> None:
    """Evaluate each data set, print a table, and list what is missing."""
    from iclip.zeroshot.batch_size import memory_note
    from iclip.zeroshot.classify import evaluate_set, set_fingerprint
    from iclip.zeroshot.embeddings import broken_summary, embed, say_on_one_line
    from iclip.zeroshot.models import load_zero_shot_model
    from iclip.zeroshot.ranks import are_several_ranks, join_ranks, leave_ranks

    sets, missing = find_sets(args)
    device = join_ranks(args.device)
    model = load_zero_shot_model(args.model, device, args.image_size)
    for images, folder in sets.values() if are_several_ranks() else ():
        embed(
            model, images.pictures, set_fingerprint(images, folder), args.cache,
            args.batch_size, args.workers, say_on_one_line,
        )  # fmt: skip
    if not leave_ranks():
        return
    results: dict[str, Any] = {}
    for name, (images, folder) in sets.items():
        results[name] = evaluate_set(
            model, images, folder, args.cache,
            variant="name" if args.names_only else "name_description",
            batch_size=args.batch_size, workers=args.workers,
            progress=say_on_one_line,
        )  # fmt: skip
        result = results[name]
        print(
            f"{name:<18}{result['value']:6.2f}  {result['metric']:<15}{result['images']:>8,} "
            f"images {result['classes']:>6,} classes  ({result['split']})"
        )
        broken = broken_summary(result["broken"], result["images"] + len(result["broken"]))
        if broken:
            print(f"  {broken}")
    if memory_note(model):
        print(memory_note(model))
    if missing:
        print(f"\nnot there, and in no average ({len(missing)}):")
        print("\n".join(f"  {line}" for line in missing))
    elif len(results) > 1:
        average = sum(result["value"] for result in results.values()) / len(results)
        print(f"{'average':<18}{average:6.2f}")
    if args.json:
        content = {
            "model": args.model, "suite": args.suite or "folder", "results": results,
            "missing": missing,
        }  # fmt: skip
        args.json.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def find_sets(args: argparse.Namespace) -> tuple[dict[str, Any], list[str]]:
    """Open the data sets, with the user's templates and descriptions.

    Raises:
        ValueError: Nothing is there, or options do not fit together.
    """
    from dataclasses import replace

    from iclip.text.class_texts import read_class_texts
    from iclip.zeroshot.classify import open_suite
    from iclip.zeroshot.image_sets import SIMPLE, ImageSet, class_folders

    missing: list[str] = []
    if args.folder is not None:
        if args.class_texts is None:
            raise ValueError("--folder needs --class-texts: tools/build_class_texts.py writes one")
        texts = read_class_texts(args.class_texts)
        pictures = class_folders(args.folder, texts)
        images = ImageSet(pictures, texts, SIMPLE, "top-1", "all images")
        sets = {args.folder.name: (images, args.folder)}
    else:
        names = args.datasets.split(",") if args.datasets else None
        sets, missing = open_suite(args.suite, Path(args.data_root), names)
        if not sets:
            raise ValueError(
                "none of the data sets is there:\n  " + "\n  ".join(missing)
                + "\nSet --data-root or ICLIP_DATA to the folder that holds them"
            )  # fmt: skip
    changes: dict[str, Any] = {"templates": args.template} if args.template else {}
    if args.descriptions is not None:
        texts = read_class_texts(args.descriptions)
        lengths = {name: len(images.class_texts) for name, (images, _) in sets.items()}
        unfit = [name for name, count in lengths.items() if count != len(texts)]
        if unfit:
            raise ValueError(
                f"--descriptions {args.descriptions} has {len(texts)} classes, "
                + ", ".join(f"{name} has {lengths[name]}" for name in unfit)
                + ": the table's order is that of the data set's labels"
            )
        changes["class_texts"] = texts
    return {
        n: (replace(images, **changes), folder) for n, (images, folder) in sets.items()
    }, missing


if __name__ == "__main__":
    sys.exit(main())
