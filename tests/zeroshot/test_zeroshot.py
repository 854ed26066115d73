"""Zero-shot classification: parity with clip_benchmark, the kept embeddings, bad input."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from clip_benchmark.metrics import zeroshot_classification

from iclip.text.class_texts import read_class_texts
from iclip.zeroshot.classify import class_weights, evaluate_set, open_suite
from iclip.zeroshot.embeddings import broken_summary, embed, folder_fingerprint
from iclip.zeroshot.image_sets import SUITES, ImageSet, class_folders
from iclip.zeroshot.models import ZeroShotModel, load_zero_shot_model
from iclip.zeroshot.peer import classify, retrieve
from iclip.zeroshot.retrieval_sets import open_retrieval_set, read_captions
from iclip.zeroshot.retrieve import evaluate_retrieval
from tools import retrieval as retrieval_command
from tools import zeroshot as command

TEMPLATES = ("a photo of a {}.", "art of the {}.")


def own_set(photos: Path, table: Path, metric: str = "top-1") -> ImageSet:
    texts = read_class_texts(table)
    return ImageSet(class_folders(photos, texts), texts, TEMPLATES, metric, "all")


def test_classification_is_clip_benchmarks(
    tiny: ZeroShotModel, photos: Path, table: Path, tmp_path: Path
):
    images = own_set(photos, table)
    names = [text.names[0] for text in images.class_texts]
    theirs = classify(tiny, images.pictures, names, TEMPLATES, batch_size=4)
    ours = evaluate_set(tiny, images, photos, tmp_path / "cache", variant="name", batch_size=6)
    assert ours["value"] == pytest.approx(theirs["top-1"])
    per_class = own_set(photos, table, "mean per class")
    ours = evaluate_set(tiny, per_class, photos, tmp_path / "cache", variant="name")
    assert ours["value"] == pytest.approx(theirs["mean per class"])
    weights = zeroshot_classification.zero_shot_classifier(
        tiny.network, tiny.tokenizer, names, ["a {c}", "the {c}"], "cpu", amp=False
    )
    mine = class_weights(tiny, images.class_texts, ("a {}", "the {}"), "name")
    torch.testing.assert_close(mine, weights.T, rtol=0, atol=1e-6)


def test_classification_of_real_photos_is_clip_benchmarks(
    tiny: ZeroShotModel, real_data: Path, tmp_path: Path
):
    ids = sorted(path.name for path in (real_data / "imagenet_samples").iterdir())[:60]
    for name in ids:
        (tmp_path / "photos").mkdir(exist_ok=True)
        (tmp_path / "photos" / name).symlink_to(real_data / "imagenet_samples" / name)
    lines = [json.dumps({"id": i, "names": [i], "description": ""}) + "\n" for i in ids]
    (tmp_path / "table.jsonl").write_text("".join(lines))
    images = own_set(tmp_path / "photos", tmp_path / "table.jsonl")
    ours = evaluate_set(tiny, images, tmp_path / "photos", tmp_path / "cache")
    theirs = classify(tiny, images.pictures, ids, TEMPLATES, batch_size=16)
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


def test_retrieval_is_clip_benchmarks(tiny: ZeroShotModel, photos: Path, tmp_path: Path):
    images = read_captions(retrieval_json(photos, [5, 3, 5, 1, 4, 5, 5]), photos)
    ours = evaluate_retrieval(tiny, images, tmp_path / "cache", batch_size=2)
    # clip_benchmark fails where k is more than the images.
    theirs = retrieve(tiny, images, batch_size=4, recall_at=(1, 5))
    for name in ("ir_r1", "ir_r5", "tr_r1", "tr_r5"):
        assert ours["recall"][name] == pytest.approx(theirs[name])
    assert (ours["images"], ours["captions"]) == (7, 28)


def test_embeddings_are_computed_once(
    tiny: ZeroShotModel, photos: Path, table: Path, tmp_path: Path, monkeypatch
):
    images, cache = own_set(photos, table), tmp_path / "cache"
    first = evaluate_set(tiny, images, photos, cache)
    monkeypatch.setattr(ZeroShotModel, "encode_images", None)  # not to be called again
    again = evaluate_set(tiny, images, photos, cache)
    assert again["value"] == first["value"]
    assert len(list(cache.iterdir())) == 1
    monkeypatch.undo()
    # Another picture, another model, another size: computed anew.
    shutil.copy(photos / "n1/0.png", photos / "n1/9.png")
    evaluate_set(tiny, own_set(photos, table), photos, cache)
    assert len(list(cache.iterdir())) == 2
    with torch.no_grad():
        tiny.network.logit_scale += 1
        evaluate_set(tiny, own_set(photos, table), photos, cache)
        tiny.network.logit_scale -= 1
    assert len(list(cache.iterdir())) == 3


def test_mixed_up_cache_is_refused(tiny: ZeroShotModel, photos: Path, table: Path, tmp_path: Path):
    images, cache = own_set(photos, table), tmp_path / "cache"
    mark = folder_fingerprint(photos)
    embed(tiny, images.pictures, mark, cache)
    (stored,) = cache.iterdir()
    key = json.loads((stored / "key.json").read_text())
    (stored / "key.json").write_text(json.dumps(key | {"data": "another"}))
    with pytest.raises(ValueError, match="embeddings of another data than its name says: delete"):
        embed(tiny, images.pictures, mark, cache)


def test_batches_and_workers_change_nothing(
    tiny: ZeroShotModel, photos: Path, table: Path, tmp_path: Path
):
    images = own_set(photos, table)
    one = embed(tiny, images.pictures, "m", tmp_path / "a", batch_size=15)
    two = embed(tiny, images.pictures, "m", tmp_path / "b", batch_size=4, workers=1)
    np.testing.assert_allclose(one.embeds, two.embeds, atol=1e-6)
    assert np.array_equal(one.labels, two.labels)


def test_broken_pictures_are_counted_and_named(
    tiny: ZeroShotModel, photos: Path, table: Path, tmp_path: Path
):
    (photos / "n2/3.png").write_bytes(b"no picture")
    result = evaluate_set(tiny, own_set(photos, table), photos, tmp_path / "cache")
    assert result["images"] == 14
    told = broken_summary(result["broken"], 15)
    assert told.startswith("1 of 15 pictures could not be read: number 8: n2/3.png (")
    for file in photos.rglob("*.png"):
        file.write_bytes(b"")
    with pytest.raises(ValueError, match="none of 15 pictures could be read"):
        evaluate_set(tiny, own_set(photos, table), photos, tmp_path / "cache")


def test_micro_checkpoint_of_another_machine(
    micro: Path, photos: Path, table: Path, tmp_path: Path
):
    model = load_zero_shot_model(str(micro))
    images = own_set(photos, table)
    embeds = model.encode_texts(["a photo of a crane.", "a photo of a tench."])
    assert embeds.shape == (2, 16)
    torch.testing.assert_close(embeds.norm(dim=1), torch.ones(2))
    assert 0 <= evaluate_set(model, images, photos, tmp_path / "c")["value"] <= 100


def test_folder_exported_by_us_is_the_checkpoint(tmp_path: Path, photos: Path):
    from iclip.export import export_checkpoint
    from tests.export.test_open_clip_folder import CAUSAL, save_run

    prompts = dict(tokenizer=dict(type="CLIPTokenizer", context_length=16))
    save_run(tmp_path / "latest.pth", CAUSAL, class_prompts=prompts)
    export_checkpoint(tmp_path / "latest.pth", "open_clip", tmp_path / "folder")
    ours = load_zero_shot_model(str(tmp_path / "latest.pth"))
    theirs = load_zero_shot_model(str(tmp_path / "folder"))
    pictures = class_folders(photos, read_class_texts(_table(tmp_path)))
    images = [torch.stack([m.transform(pictures[i][0]) for i in range(2)]) for m in (ours, theirs)]
    torch.testing.assert_close(
        ours.encode_images(images[0]), theirs.encode_images(images[1]), rtol=0, atol=1e-5
    )
    texts = ["a photo of a crane.", "Lemon"]
    torch.testing.assert_close(
        ours.encode_texts(texts), theirs.encode_texts(texts), rtol=0, atol=1e-5
    )


def _table(folder: Path) -> Path:
    path = folder / "t.jsonl"
    lines = [{"id": f"n{i}", "names": [f"name{i}"], "description": ""} for i in (1, 2, 3)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


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
    images, _ = found["oxford_pets"]
    assert images.metric == "mean per class"
    assert images.templates == ["a photo of a {}, a type of pet."]
    assert [images.class_texts[i].names[0] for i in (0, 1)] == ["Abyssinian", "American Bulldog"]
    assert [images.pictures[i][1] for i in range(3)] == [0, 1, 0]
    assert len(missing) == 1


def test_unknown_names_and_unfit_tables(photos: Path, table: Path, tmp_path: Path, capsys):
    with pytest.raises(ValueError, match="--suite kornblith is unknown; there are kornblith12"):
        open_suite("kornblith", tmp_path)
    with pytest.raises(ValueError, match="--datasets mnist: the suite kornblith12 has food101"):
        open_suite("kornblith12", tmp_path, ["mnist"])
    texts = read_class_texts(table)
    (photos / "n9").mkdir()
    with pytest.raises(ValueError, match=r"1 folders that are not in the .*such as n9; the table"):
        class_folders(photos, texts)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="empty holds no folders of classes"):
        class_folders(tmp_path / "empty", texts)
    with pytest.raises(ValueError, match="--dataset vg is unknown; there are flickr30k, coco"):
        open_retrieval_set("vg", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"coco should hold dataset_coco\.json with images"):
        open_retrieval_set("coco", tmp_path)
    (tmp_path / "bad.json").write_text('{"images": [{"split": "test"}]}')
    with pytest.raises(ValueError, match=r"bad\.json is neither Karpathy's JSON"):
        read_captions(tmp_path / "bad.json", tmp_path)


def test_models_that_cannot_be(micro: Path, tmp_path: Path):
    with pytest.raises(ValueError, match="open_clip:ViT-Z: open_clip cannot build it"):
        load_zero_shot_model("open_clip:ViT-Z")
    with pytest.raises(FileNotFoundError, match=r"absent\.pth does not exist"):
        load_zero_shot_model("absent.pth")
    content = torch.load(micro, weights_only=True)
    del content["meta"]["model"]
    torch.save(content, tmp_path / "old.pth")
    with pytest.raises(ValueError, match=r"old\.pth does not say how it was built"):
        load_zero_shot_model(str(tmp_path / "old.pth"))
    content["meta"]["model"] = {"type": "Supervised"}
    del content["state_dict"]["text_projection.weight"]
    torch.save(content, tmp_path / "supervised.pth")
    with pytest.raises(ValueError, match=r"\(Supervised\) has no text tower"):
        load_zero_shot_model(str(tmp_path / "supervised.pth"))


def test_tokenizer_of_another_text_tower(micro: Path, tmp_path: Path):
    content = torch.load(micro, weights_only=True)
    content["meta"]["model"]["class_prompts"]["tokenizer"]["context_length"] = 77
    torch.save(content, tmp_path / "mixed.pth")
    with pytest.raises(ValueError, match=r"mixed\.pth: its tokenizer does not fit .*77 ids"):
        load_zero_shot_model(str(tmp_path / "mixed.pth"))


@pytest.mark.parametrize(
    ("name", "annotations", "images"),
    [
        ("flickr30k", "flickr30k_test_karpathy.txt", "Images"),
        ("coco", "annotations/captions_val2014.json", "val2014"),
    ],
)
def test_clip_benchmarks_layouts(name: str, annotations: str, images: str, tmp_path: Path):
    path = tmp_path / name / annotations
    path.parent.mkdir(parents=True)
    if path.suffix == ".txt":
        path.write_text('image,caption\na.jpg,"one, two"\na.jpg,three\nb.jpg,four\n')
    else:
        captions = [(1, "one, two"), (1, "three"), (2, "four")]
        path.write_text(
            json.dumps(
                {
                    "images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg"}],
                    "annotations": [{"image_id": i, "caption": c} for i, c in captions],
                }
            )
        )
    found = open_retrieval_set(name, tmp_path)
    assert found.files == (tmp_path / name / images / "a.jpg", tmp_path / name / images / "b.jpg")
    assert found.captions == (("one, two", "three"), ("four",))


def test_commands(tiny_name: str, photos: Path, table: Path, tmp_path: Path, capsys):
    arguments = [tiny_name, "--folder", str(photos), "--class-texts", str(table)]
    out = ["--cache", str(tmp_path / "c"), "--json", str(tmp_path / "zeroshot.json")]
    assert command.main([*arguments, *out, "--device", "cpu"]) == 0
    assert "15 images      3 classes" in capsys.readouterr().out
    content = json.loads((tmp_path / "zeroshot.json").read_text())
    assert content["results"]["photos"]["confusion"]["names"] == ["crane", "tench", "lemon"]
    assert sum(map(sum, content["results"]["photos"]["confusion"]["counts"])) == 15
    assert command.main([tiny_name, "--folder", str(photos)]) == 2
    assert "--folder needs --class-texts" in capsys.readouterr().err
    assert command.main([tiny_name, "--suite", "kornblith12", "--data-root", str(tmp_path)]) == 2
    assert "none of the data sets is there" in capsys.readouterr().err
    write_pets(tmp_path)
    few = ["--suite", "kornblith12", "--datasets", "oxford_pets,dtd", "--data-root", str(tmp_path)]
    assert command.main([tiny_name, *few, *out]) == 0
    told = capsys.readouterr().out
    assert "oxford_pets" in told
    assert "not there, and in no average (1):" in told
    assert "average  " not in told
    assert command.main([tiny_name, *few, "--descriptions", str(table)]) == 2
    assert "has 3 classes, oxford_pets has 37" in capsys.readouterr().err
    (tmp_path / "toy/retrieval").mkdir(parents=True)
    shutil.move(retrieval_json(photos, [5] * 12), tmp_path / "toy/retrieval/karpathy.json")
    shutil.copytree(photos, tmp_path / "toy/retrieval/images")
    toy = ["--dataset", "toy", "--data-root", str(tmp_path)]
    pictures = tmp_path / "pictures"
    assert retrieval_command.main([tiny_name, *toy, *out, "--pictures", str(pictures)]) == 0
    words = json.loads((pictures / "predictions.json").read_text())
    assert len(words) == 6
    assert all((pictures / name).stat().st_size > 5000 for name in words)
    assert "among the first 5" in str(words) or "is number" in str(words)
    assert "toy: 12 images, 60 captions" in capsys.readouterr().out
    assert "toy/tr_r1" in json.loads((tmp_path / "zeroshot.json").read_text())["metrics"]
