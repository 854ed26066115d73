"""Zero-shot classification: parity with clip_benchmark, the kept embeddings, bad input."""

import json
from pathlib import Path

import pytest
import torch
from clip_benchmark.metrics import zeroshot_classification

from iclip.benchmarks.peers.clip_benchmark import classify, retrieve
from iclip.text.class_texts import read_class_texts
from iclip.zeroshot.cached_embeddings import embed
from iclip.zeroshot.class_folders import class_folders
from iclip.zeroshot.classification import class_weights, evaluate_set
from iclip.zeroshot.classification_sets import ImageSet
from iclip.zeroshot.classification_suites import SUITES, open_suite
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.retrieval import evaluate_retrieval
from iclip.zeroshot.retrieval_sets import open_retrieval_set, read_captions

TEMPLATES = ("a photo of a {}.", "art of the {}.")


def own_set(photos: Path, table: Path, metric: str = "top-1") -> ImageSet:
    texts = read_class_texts(table)
    return ImageSet(class_folders(photos, texts), texts, TEMPLATES, metric, "all")


def test_classification_is_clip_benchmarks(
    tiny: ImageTextEmbedder, photos: Path, table: Path, tmp_path: Path
):
    images = own_set(photos, table)
    names = [text.names[0] for text in images.class_texts]
    theirs = classify(tiny, images.labelled, names, TEMPLATES, batch_size=4)
    found = embed(tiny, images.pictures, tmp_path / "cache", batch_size=6)
    ours = evaluate_set(tiny, images, found, variant="name")
    assert ours["value"] == pytest.approx(theirs["top-1"])
    per_class = own_set(photos, table, "mean per class")
    ours = evaluate_set(tiny, per_class, found, variant="name")
    assert ours["value"] == pytest.approx(theirs["mean per class"])
    weights = zeroshot_classification.zero_shot_classifier(
        tiny.network, tiny.tokenizer, names, ["a {c}", "the {c}"], "cpu", amp=False
    )
    mine = class_weights(tiny, images.class_texts, ("a {}", "the {}"), "name")
    torch.testing.assert_close(mine, weights.T, rtol=0, atol=1e-6)


def test_classification_of_real_photos_is_clip_benchmarks(
    tiny: ImageTextEmbedder, real_data: Path, tmp_path: Path
):
    ids = sorted(path.name for path in (real_data / "imagenet_samples").iterdir())[:60]
    for name in ids:
        (tmp_path / "photos").mkdir(exist_ok=True)
        (tmp_path / "photos" / name).symlink_to(real_data / "imagenet_samples" / name)
    lines = [json.dumps({"id": i, "names": [i], "description": ""}) + "\n" for i in ids]
    (tmp_path / "table.jsonl").write_text("".join(lines))
    images = own_set(tmp_path / "photos", tmp_path / "table.jsonl")
    ours = evaluate_set(tiny, images, embed(tiny, images.pictures, tmp_path / "cache"))
    theirs = classify(tiny, images.labelled, ids, TEMPLATES, batch_size=16)
    assert ours["images"] == 60
    assert ours["value"] == pytest.approx(theirs["top-1"])


def retrieval_json(photos: Path, captions: list[int]) -> Path:
    files = sorted(photos.rglob("*.png"))[: len(captions)]
    words = ("crane", "tench", "lemon", "river", "stone", "cloud")
    images = [
        {
            "filepath": file.parent.name, "filename": file.name, "split": "test",
            "sentences": [{"raw": f"a {words[(i + j) % 6]} and {words[j]}"} for j in range(count)],
        }
        for i, (file, count) in enumerate(zip(files, captions, strict=True))
    ]  # fmt: skip
    path = photos / "dataset.json"
    path.write_text(json.dumps({"images": images}))
    return path


def test_retrieval_is_clip_benchmarks(tiny: ImageTextEmbedder, photos: Path, tmp_path: Path):
    images = read_captions(retrieval_json(photos, [5, 3, 5, 1, 4, 5, 5]), photos)
    ours = evaluate_retrieval(tiny, images, embed(tiny, images.pictures, tmp_path, batch_size=2))
    # clip_benchmark fails where k is more than the images.
    theirs = retrieve(tiny, images, batch_size=4, recall_at=(1, 5))
    for name in ("ir_r1", "ir_r5", "tr_r1", "tr_r5"):
        assert ours["recall"][name] == pytest.approx(theirs[name])
    assert (ours["images"], ours["captions"]) == (7, 28)


def test_every_set_of_the_suites_says_what_it_needs(tmp_path: Path):
    found, missing = open_suite("kornblith12", tmp_path)
    assert not found
    assert len(missing) == 12
    assert missing[0].startswith(
        f"food101: {tmp_path / 'food101'} (as torchvision.datasets.Food101"
    )
    assert list(SUITES["kornblith12"])[7] == "voc2007"


def write_pets(root: Path) -> None:
    """Oxford-IIIT Pets' files in short: two breeds, three test images."""
    base = root / "oxford_pets/oxford-iiit-pet"
    (base / "images").mkdir(parents=True)
    (base / "annotations").mkdir()
    names = ["Abyssinian_1", "american_bulldog_2", "Abyssinian_3"]
    from PIL import Image

    for name in names:
        Image.new("RGB", (20, 20)).save(base / f"images/{name}.jpg")
    lines = [f"{name} {2 if 'bull' in name else 1} 1 1" for name in names]
    (base / "annotations/test.txt").write_text("\n".join(lines) + "\n")


def test_torchvisions_reader_with_names_and_templates_of_the_package(tmp_path: Path):
    write_pets(tmp_path)
    found, missing = open_suite("kornblith12", tmp_path, ["oxford_pets", "dtd"])
    images = found["oxford_pets"]
    assert images.metric == "mean per class"
    assert images.templates == ["a photo of a {}, a type of pet."]
    assert [images.class_texts[i].names[0] for i in (0, 1)] == ["Abyssinian", "American Bulldog"]
    assert images.labelled.labels.tolist() == [0, 1, 0]
    assert len(missing) == 1


def test_unknown_names_and_unfit_tables(photos: Path, table: Path, tmp_path: Path, capsys):
    with pytest.raises(ValueError, match="--suite kornblith is unknown; there are kornblith12"):
        open_suite("kornblith", tmp_path)
    with pytest.raises(ValueError, match="--datasets mnist: the suite kornblith12 has food101"):
        open_suite("kornblith12", tmp_path, ["mnist"])
    texts = read_class_texts(table)
    (photos / "n9").mkdir()
    with pytest.raises(ValueError, match="1 folder that the class-text table does not know: n9; "):
        class_folders(photos, texts)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"empty holds no folders of classes \(0 entries\)"):
        class_folders(tmp_path / "empty", texts)
    with pytest.raises(ValueError, match="--dataset vg is unknown; there are flickr30k, coco"):
        open_retrieval_set("vg", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"coco should hold dataset_coco\.json with images"):
        open_retrieval_set("coco", tmp_path)
    (tmp_path / "bad.json").write_text('{"images": [{"split": "test"}]}')
    with pytest.raises(ValueError, match=r"bad\.json: images\[0\]: its 'filename' is 'None'; the "):
        read_captions(tmp_path / "bad.json", tmp_path)
