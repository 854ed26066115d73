"""Zero-shot retrieval: recall@1/5/10 of images by captions (IR) and of captions by images (TR).

    python tools/retrieval.py work_dirs/quickstart/latest.pth --dataset toy
    python tools/retrieval.py open_clip:ViT-B-16:openai --dataset coco --data-root data
    torchrun --nproc-per-node 8 tools/retrieval.py CKPT --dataset coco --workers 8

MODEL and torchrun are as for tools/zeroshot.py. An image has five captions and counts as found if
one of them is among the first k. Ties count against the model.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

from iclip.commands.after_embedding import goes_on_alone
from iclip.commands.options import (
    add_data_root_option,
    add_embedding_options,
    add_result_option,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--dataset", required=True, help="flickr30k, coco or toy")
    add_data_root_option(parser)
    parser.add_argument(
        "--pictures", type=Path, metavar="DIR", help="draw a few captions with the images found"
    )
    add_embedding_options(parser)
    add_result_option(parser)


def run(args: argparse.Namespace) -> None:
    """Embed images and captions, and print the recalls."""
    from iclip.results import RETRIEVAL, Provenance, Result, Retrieval, save_result
    from iclip.zeroshot.batch_size import memory_note
    from iclip.zeroshot.cached_embeddings import embed, unread_summary
    from iclip.zeroshot.loading import load_zero_shot_model
    from iclip.zeroshot.process_group import init_distributed
    from iclip.zeroshot.records import model_settings
    from iclip.zeroshot.retrieval import evaluate_retrieval
    from iclip.zeroshot.retrieval_sets import open_retrieval_set, said

    images = open_retrieval_set(args.dataset, Path(args.data_root))
    device = init_distributed(args.device, args.cache)
    model = load_zero_shot_model(args.model, device, args.image_size, args.resize, args.precision)
    started = time.monotonic()
    found = embed(model, images.reader, args.cache, args.batch_size, args.workers)
    if not goes_on_alone(model, args.cache):
        return
    print(said(images))
    part = evaluate_retrieval(model, images, found, args.pictures, args.dataset)
    part = replace(part, seconds=round(time.monotonic() - started, 2))
    assert isinstance(part.detail, Retrieval)
    print(
        f"{args.dataset}: {part.images:,} of {part.expected:,} images, "
        f"{part.detail.captions:,} of {part.detail.expected_captions:,} captions"
    )
    for name, words in (("tr", "image to text"), ("ir", "text to image")):
        shown = "  ".join(f"R@{k} {part.short_scores[f'{name}_r{k}']:6.2f}" for k in (1, 5, 10))
        print(f"{words:<16}{shown}")
    deviations = (f"deviates: {deviation}" for deviation in part.deviations)
    for line in filter(None, (unread_summary(found), *deviations, memory_note(model))):
        print(line)
    if args.json:
        settings = model_settings(model)
        save_result(args.json, Result(RETRIEVAL, (part,), settings, Provenance.now(), args.model))
