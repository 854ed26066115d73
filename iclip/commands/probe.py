"""Linear probe and few-shot accuracy of a model's image features.

    python tools/probe.py work_dirs/quickstart/latest.pth --train photos/train --test photos/val
    torchrun --nproc-per-node 8 tools/probe.py CKPT --train in1k/train --test in1k/val --workers 8

Both folders hold a folder per class. The probe is a logistic regression on the backbone's pooled
features, as in CLIP and in self-supervised learning; its regularization is chosen on a fifth of the
training images, as CLIP's is. MODEL is what tools/zeroshot.py takes, or any file that holds a Swin
backbone: a supervised or downstream checkpoint, an official or timm file, an export. --features
projection takes the embeddings that tools/zeroshot.py classifies instead. torchrun is as for
tools/zeroshot.py.
"""

import argparse
import time
from dataclasses import replace

from iclip.commands.after_embedding import goes_on_alone
from iclip.commands.options import (
    add_embedding_options,
    add_features_option,
    add_result_option,
    local_path,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--train", type=local_path, required=True, metavar="FOLDER")
    parser.add_argument("--test", type=local_path, required=True, metavar="FOLDER")
    parser.add_argument("--seeds", type=int, default=3, help="draws of each number of shots")
    add_features_option(parser)
    add_embedding_options(parser)
    add_result_option(parser)


def run(args: argparse.Namespace) -> None:
    """Embed both folders, fit, and print the accuracies."""
    from iclip.results import PROBE, Probe, Provenance, Result, save_result
    from iclip.zeroshot.batch_size import memory_note
    from iclip.zeroshot.cached_embeddings import embed, unread_summary
    from iclip.zeroshot.loading import load_image_model
    from iclip.zeroshot.probe_folders import check_classes, evaluate_probe, probe_folders
    from iclip.zeroshot.process_group import init_distributed
    from iclip.zeroshot.records import model_settings

    classes, labelled = probe_folders(args.train, args.test)
    device = init_distributed(args.device, args.cache)
    model = load_image_model(
        args.model, device, args.image_size, args.resize, args.precision, args.features
    )
    started = time.monotonic()
    found = [
        embed(model, part.reader, args.cache, args.batch_size, args.workers) for part in labelled
    ]
    if not goes_on_alone(model, args.cache):
        return
    for option, images, embedded in zip(("--train", "--test"), labelled, found, strict=True):
        left_out = f", files that are not images: {images.left_out}" if images.left_out else ""
        print(f"{option}: {len(embedded.numbers):,} of {len(images):,} images{left_out}")
        unread = unread_summary(embedded)
        if unread:
            print(f"  {unread}")
    labels = [images.labels[e.numbers] for images, e in zip(labelled, found, strict=True)]
    check_classes(labels[0], labels[1], classes, str(args.train), str(args.test))
    part = evaluate_probe(found, labels, classes, args.seeds, (str(args.train), str(args.test)))
    detail = part.detail
    assert isinstance(detail, Probe)
    print(
        f"linear probe, {detail.train_images:,} images of {detail.classes:,} classes: "
        f"{detail.probe.top1:.2f} %  (C {detail.probe.C:.3g})"
    )
    for k, shots in detail.few_shot.items():
        print(f"{k:>3} per class: {shots.mean:.2f} ± {shots.spread:.2f} %")
    for line in filter(None, (detail.shots_left_out, memory_note(model))):
        print(line)
    if args.json:
        seconds = round(time.monotonic() - started, 2)
        part = replace(part, left_out=labelled[1].left_out, seconds=seconds)
        settings = model_settings(model)
        save_result(args.json, Result(PROBE, (part,), settings, Provenance.now(), args.model))
