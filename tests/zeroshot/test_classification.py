"""Zero-shot classification gives clip_benchmark's accuracies."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from clip_benchmark.metrics import zeroshot_classification

from iclip.benchmarks.peers.clip_benchmark import classify
from iclip.text.class_prompts import ClassPrompts
from iclip.text.class_texts import read_class_texts
from iclip.zeroshot.cached_embeddings import embed
from iclip.zeroshot.class_folders import class_folders
from iclip.zeroshot.classification import evaluate_set
from iclip.zeroshot.classification_sets import ImageSet
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from tests.zeroshot.networks import NotFinite, with_network

TEMPLATES = ("a photo of a {}.", "art of the {}.")


def image_set(
    photos: Path, table: Path, metric: str = "top-1", templates: Sequence[str] = TEMPLATES
) -> ImageSet:
    texts = read_class_texts(table)
    return ImageSet(class_folders(photos, texts), texts, templates, metric, "all")


@pytest.mark.parametrize("metric", ["top-1", "mean per class"])
def test_accuracy_is_clip_benchmarks(
    metric: str, tiny: ImageTextEmbedder, photos: Path, table: Path, tmp_path: Path
):
    images = image_set(photos, table, metric)
    names = [text.names[0] for text in images.class_texts]
    theirs = classify(tiny, images.labelled, names, TEMPLATES, batch_size=4)
    found = embed(tiny, images.reader, tmp_path / "cache", batch_size=6)
    ours = evaluate_set(tiny, images, found, variant="name")
    assert ours.score == pytest.approx(theirs[metric])


def test_class_embeddings_are_clip_benchmarks(tiny: ImageTextEmbedder, table: Path):
    texts = read_class_texts(table)
    theirs = zeroshot_classification.zero_shot_classifier(
        tiny.network, tiny.tokenizer, [text.names[0] for text in texts], ["a {c}", "the {c}"],
        "cpu", amp=False,
    )  # fmt: skip
    prompts = ClassPrompts(texts, tiny.tokenizer, ("a {}", "the {}"), "name")
    torch.testing.assert_close(tiny.class_embeds(prompts), theirs.T, rtol=0, atol=1e-6)


def test_accuracy_on_real_photos_is_clip_benchmarks(
    tiny: ImageTextEmbedder, real_data: Path, tmp_path: Path
):
    ids = sorted(path.name for path in (real_data / "imagenet_samples").iterdir())[:60]
    for name in ids:
        (tmp_path / "photos").mkdir(exist_ok=True)
        (tmp_path / "photos" / name).symlink_to(real_data / "imagenet_samples" / name)
    lines = [json.dumps({"id": i, "names": [i], "description": ""}) + "\n" for i in ids]
    (tmp_path / "table.jsonl").write_text("".join(lines))
    images = image_set(tmp_path / "photos", tmp_path / "table.jsonl")
    ours = evaluate_set(tiny, images, embed(tiny, images.reader, tmp_path / "cache"))
    theirs = classify(tiny, images.labelled, ids, TEMPLATES, batch_size=16)
    assert ours.images == 60
    assert ours.score == pytest.approx(theirs["top-1"])


def test_name_that_the_context_cuts_is_an_error(
    tiny: ImageTextEmbedder, photos: Path, table: Path, tmp_path: Path
):
    lines = [json.loads(line) for line in table.read_text().splitlines()]
    lines[1]["names"] = ["tench " * 20]
    table.write_text("".join(json.dumps(line) + "\n" for line in lines))
    images = image_set(photos, table)
    found = embed(tiny, images.reader, tmp_path)
    with pytest.raises(ValueError, match="context_length=24 cuts the names of 1 class: n2"):
        evaluate_set(tiny, images, found)


def test_class_embeddings_that_are_not_finite_are_named(
    tiny: ImageTextEmbedder, photos: Path, table: Path, tmp_path: Path
):
    faulty = with_network(tiny, NotFinite(tiny.network, texts=True))
    images = image_set(photos, table)
    found = embed(faulty, images.reader, tmp_path)
    told = r"3 of 3 text embeddings of the classes .*: n1 \(crane\), n2 \(tench\), n3 \(lemon\)"
    with pytest.raises(ValueError, match=told):
        evaluate_set(faulty, images, found)
