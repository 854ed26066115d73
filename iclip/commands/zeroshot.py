"""Zero-shot classification: a model's accuracy on data sets it was not trained for.

    python tools/zeroshot.py work_dirs/quickstart/latest.pth --suite toy
    python tools/zeroshot.py open_clip:ViT-B-16:openai --suite kornblith12 --data-root data
    python tools/zeroshot.py CKPT --folder photos --class-texts photos.jsonl
    torchrun --nproc-per-node 8 tools/zeroshot.py CKPT --suite imagenet1k --workers 8

MODEL is a checkpoint of pre-training, a folder that tools/export.py --layout open_clip wrote, or
open_clip:NAME[:PRETRAINED tag or file]. A data set of one's own is a folder per class and a table
of class texts (tools/build_class_texts.py). Image embeddings are kept below --cache: another set of
prompts takes seconds, and a run that was killed goes on where it was. Under torchrun, as many GPUs
(with --device cpu: processes) share the images.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from iclip.commands.after_embedding import goes_on_alone
from iclip.commands.options import (
    add_data_root_option,
    add_embedding_options,
    add_result_option,
    local_path,
)

if TYPE_CHECKING:  # they import torch, before which the device has to be settled
    from iclip.results import SetResult
    from iclip.text.class_texts import ClassTexts
    from iclip.zeroshot.cached_embeddings import EmbeddedSet
    from iclip.zeroshot.classification_sets import ImageSet
    from iclip.zeroshot.embedding_model import ImageTextEmbedder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--suite", help="kornblith12, imagenet1k or toy")
    what.add_argument("--folder", type=local_path, help="a folder per class; needs --class-texts")
    parser.add_argument("--datasets", help="some of the suite's, with commas")
    parser.add_argument("--class-texts", type=Path, metavar="F", help="table of --folder's classes")
    add_data_root_option(parser)
    parser.add_argument(
        "--descriptions", type=Path, metavar="F",
        help="class-text table whose descriptions follow the names (one suite's data set)",
    )  # fmt: skip
    parser.add_argument("--names-only", action="store_true", help="leave descriptions out")
    parser.add_argument("--template", action="append", help="replaces the data set's; repeatable")
    add_embedding_options(parser)
    add_result_option(parser)


def run(args: argparse.Namespace) -> None:
    """Evaluate each data set, print a table, and list what is missing."""
    from iclip.results import ZERO_SHOT, Provenance, Result, save_result
    from iclip.zeroshot.batch_size import memory_note
    from iclip.zeroshot.loading import load_zero_shot_model
    from iclip.zeroshot.process_group import are_several_ranks, init_distributed
    from iclip.zeroshot.records import model_settings

    sets, missing = find_sets(args)
    device = init_distributed(args.device, args.cache)
    model = load_zero_shot_model(args.model, device, args.image_size, args.resize, args.precision)
    embedded = embed_sets(args, model, sets, missing)
    if are_several_ranks():
        embedded = iter(list(embedded))  # all of it while the other ranks are there
    if not goes_on_alone(model, args.cache):
        return
    results: list[SetResult] = []
    for name, found, seconds in embedded:
        started = time.monotonic()
        result = evaluate(args, model, name, sets[name], found)
        seconds = round(seconds + time.monotonic() - started, 2)
        results.append(replace(result, seconds=seconds))
    if not results:
        raise ValueError("none of the data sets could be read:\n  " + "\n  ".join(missing))
    print_summary(results, missing)
    note = memory_note(model)
    if note:
        print(note)
    if args.json:
        record = Result(
            ZERO_SHOT, tuple(results), model_settings(model), Provenance.now(), args.model,
            suite=args.suite or "folder", not_there=tuple(missing),
        )  # fmt: skip
        save_result(args.json, record)


def embed_sets(
    args: argparse.Namespace,
    model: ImageTextEmbedder,
    sets: Mapping[str, ImageSet],
    missing: list[str],
) -> Iterator[tuple[str, EmbeddedSet, float]]:
    """Embed the data sets one by one: name, embeddings, seconds that they took.

    A data set without a readable image is added to ``missing`` instead, on all ranks.
    """
    from iclip.zeroshot.cached_embeddings import NothingReadable, embed

    for name, images in sets.items():
        started = time.monotonic()
        try:
            found = embed(model, images.reader, args.cache, args.batch_size, args.workers)
        except NothingReadable as error:
            missing.append(f"{name}: {error}")
        else:
            yield name, found, time.monotonic() - started


def evaluate(
    args: argparse.Namespace,
    model: ImageTextEmbedder,
    name: str,
    images: ImageSet,
    found: EmbeddedSet,
) -> SetResult:
    """Classify a data set and print its line of the table, and what it left out."""
    from iclip.zeroshot.cached_embeddings import unread_summary
    from iclip.zeroshot.classification import evaluate_set
    from iclip.zeroshot.records import data_lines, result_line

    variant = "name" if args.names_only else "name_description"
    table = args.descriptions or args.class_texts
    descriptions = None if table is None else str(table)
    result = evaluate_set(model, images, found, variant, name, descriptions)
    deviations = [f"deviates: {deviation}" for deviation in result.deviations]
    print("\n".join([*data_lines(name, images), result_line(result)]))
    for line in filter(None, (unread_summary(found), *deviations)):
        print(f"  {line}")
    return result


def print_summary(results: Sequence[SetResult], missing: Sequence[str]) -> None:
    """Print the average over several data sets or, if some are missing, which these are."""
    if missing:
        print(f"\nmissing, left out of the average ({len(missing)}):")
        print("\n".join(f"  {line}" for line in missing))
    elif len(results) > 1:
        scores = [value for result in results for value in result.scores.values()]
        average = sum(scores) / len(scores)
        deviating = [result.name for result in results if result.deviations]
        note = f"  (deviating from the protocol: {', '.join(deviating)})" if deviating else ""
        print(f"{'average':<18}{average:6.2f}{note}")


def find_sets(args: argparse.Namespace) -> tuple[dict[str, ImageSet], list[str]]:
    """Open the data sets, with the user's templates and descriptions.

    Raises:
        ValueError: Nothing is there, or options do not fit together.
    """
    from iclip.text.class_texts import read_class_texts
    from iclip.zeroshot.classification_suites import open_suite, own_set

    missing: list[str] = []
    if args.folder is not None:
        if args.class_texts is None:
            raise ValueError("--folder needs --class-texts: tools/build_class_texts.py writes one")
        sets = {
            args.folder.resolve().name: own_set(args.folder, read_class_texts(args.class_texts))
        }
    else:
        names = args.datasets.split(",") if args.datasets else None
        sets, missing = open_suite(args.suite, Path(args.data_root), names)
        if not sets:
            raise ValueError(
                "none of the data sets is there:\n  " + "\n  ".join(missing)
                + "\nSet --data-root or ICLIP_DATA to the folder that holds them"
            )  # fmt: skip
    if args.template:
        sets = {name: with_templates(images, args.template) for name, images in sets.items()}
    if args.descriptions is not None:
        texts = read_class_texts(args.descriptions)
        sets = {n: with_texts(images, n, texts, args.descriptions) for n, images in sets.items()}
    return sets, missing


def with_templates(images: ImageSet, templates: list[str]) -> ImageSet:
    """Take the user's templates in place of a data set's."""
    from iclip.text.prompts import select_templates

    changes = (*images.changes, f"templates of --template: {', '.join(templates)}")
    return replace(images, templates=select_templates(templates), changes=changes)


def with_texts(images: ImageSet, name: str, texts: ClassTexts, path: Path) -> ImageSet:
    """Take the user's table in place of a data set's names.

    Raises:
        ValueError: Its lines do not fit the classes.
    """
    from iclip.zeroshot.class_names import texts_in_order_of

    ordered, how = texts_in_order_of(texts, images.class_texts, f"--descriptions {path} for {name}")
    return replace(
        images,
        class_texts=ordered,
        notes=(*images.notes, f"texts of {path}: {how}"),
        changes=(*images.changes, f"texts of {path}"),
    )
