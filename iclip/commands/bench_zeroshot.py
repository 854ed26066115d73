"""Images per second of zero-shot classification beside clip_benchmark's, same model and photos.

    python tools/bench_zeroshot.py photos --model ViT-B-32 --rounds 3

Random weights, since values do not matter; rounds are interleaved, medians compared. The second set
of prompts is timed on the kept embeddings, against the first run with everything to compute.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

FIRST, SECOND = ("a photo of a {}.",), ("art of the {}.",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("folder", type=Path, help="a folder per class")
    parser.add_argument("--model", default="ViT-B-32", help="open_clip's name")
    parser.add_argument("--classes", type=int, default=200, help="the first so many folders")
    parser.add_argument("--rounds", type=int, default=3, help="after one warm-up")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--workers", type=int, default=0)


def run(args: argparse.Namespace) -> None:
    """Measure and print."""
    import torch

    from iclip.benchmarks.peers import clip_benchmark as peer
    from iclip.engine.start.provenance import hardware
    from iclip.text.class_texts import ClassText, ClassTexts
    from iclip.zeroshot.cached_embeddings import embed
    from iclip.zeroshot.class_folders import class_folders
    from iclip.zeroshot.classification import evaluate_set
    from iclip.zeroshot.classification_sets import ImageSet
    from iclip.zeroshot.loading import load_zero_shot_model

    names = sorted(path.name for path in args.folder.iterdir() if path.is_dir())[: args.classes]
    model = load_zero_shot_model(f"open_clip:{args.model}")
    times: dict[str, list[float]] = {"iclip": [], "clip_benchmark": [], "second prompts": []}
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder) / "photos"
        photos.mkdir()
        for name in names:
            (photos / name).symlink_to((args.folder / name).resolve())
        texts = ClassTexts([ClassText(name, (name,), "") for name in names])
        images = ImageSet(class_folders(photos, texts), texts, FIRST, "top-1", "all")
        again = ImageSet(images.labelled, texts, SECOND, "top-1", "all")
        for number in range(args.rounds + 1):
            cache = Path(folder) / f"cache{number}"
            settings = dict(batch_size=args.batch_size, workers=args.workers)
            started = time.perf_counter()
            found = embed(model, images.pictures, cache, **settings)
            ours = evaluate_set(model, images, found)
            middle = time.perf_counter()
            evaluate_set(model, again, embed(model, again.pictures, cache, **settings))
            second = time.perf_counter()
            theirs = peer.classify(model, images.labelled, names, FIRST, **settings)
            ended = time.perf_counter()
            assert abs(ours.score - theirs["top-1"]) < 1e-4
            if number:
                times["iclip"].append(middle - started)
                times["second prompts"].append(second - middle)
                times["clip_benchmark"].append(ended - second)
    seconds = {name: statistics.median(values) for name, values in times.items()}
    count = len(images.pictures)
    print(f"{hardware()['processor']}, {torch.get_num_threads()} thread(s), {args.model}")
    for name in ("iclip", "clip_benchmark"):
        print(f"{name:<16}{seconds[name]:8.2f} s {count / seconds[name]:8.1f} images/s")
    print(f"{'ratio':<16}{seconds['clip_benchmark'] / seconds['iclip']:8.2f}")
    first = seconds["iclip"] / seconds["second prompts"]
    print(f"{'second prompts':<16}{seconds['second prompts']:8.2f} s, {first:.1f} times faster")
