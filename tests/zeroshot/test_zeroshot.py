"""Zero-shot classification: parity with clip_benchmark, the kept embeddings, bad input."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from clip_benchmark.metrics import zeroshot_classification

from iclip.text.class_texts import read_class_texts
from iclip.zeroshot.class_folders import class_folders
from iclip.zeroshot.classify import class_weights, evaluate_set
from iclip.zeroshot.embeddings import embed
from iclip.zeroshot.image_sets import ImageSet
from iclip.zeroshot.loading import load_zero_shot_model
from iclip.zeroshot.models import ZeroShotModel
from iclip.zeroshot.peer import classify, retrieve
from iclip.zeroshot.pictures import read_picture
from iclip.zeroshot.retrieval_sets import open_retrieval_set, read_captions
from iclip.zeroshot.retrieve import evaluate_retrieval
from iclip.zeroshot.suites import SUITES, open_suite
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
    tiny: ZeroShotModel, real_data: Path, tmp_path: Path
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


def test_retrieval_is_clip_benchmarks(tiny: ZeroShotModel, photos: Path, tmp_path: Path):
    images = read_captions(retrieval_json(photos, [5, 3, 5, 1, 4, 5, 5]), photos)
    ours = evaluate_retrieval(tiny, images, embed(tiny, images.pictures, tmp_path, batch_size=2))
    # clip_benchmark fails where k is more than the images.
    theirs = retrieve(tiny, images, batch_size=4, recall_at=(1, 5))
    for name in ("ir_r1", "ir_r5", "tr_r1", "tr_r5"):
        assert ours["recall"][name] == pytest.approx(theirs[name])
    assert (ours["images"], ours["captions"]) == (7, 28)


def test_micro_checkpoint_of_another_machine(
    micro: Path, photos: Path, table: Path, tmp_path: Path
):
    model = load_zero_shot_model(str(micro))
    images = own_set(photos, table)
    embeds = model.encode_texts(["a photo of a crane.", "a photo of a tench."])
    assert embeds.shape == (2, 16)
    torch.testing.assert_close(embeds.norm(dim=1), torch.ones(2))
    found = embed(model, images.pictures, tmp_path / "c")
    assert 0 <= evaluate_set(model, images, found)["value"] <= 100


def test_folder_exported_by_us_is_the_checkpoint(tmp_path: Path, photos: Path):
    from iclip.export import export_checkpoint
    from tests.export.test_open_clip_folder import CAUSAL, save_run

    prompts = dict(tokenizer=dict(type="CLIPTokenizer", context_length=16))
    save_run(tmp_path / "latest.pth", CAUSAL, class_prompts=prompts)
    export_checkpoint(tmp_path / "latest.pth", "open_clip", tmp_path / "folder")
    ours = load_zero_shot_model(str(tmp_path / "latest.pth"))
    theirs = load_zero_shot_model(str(tmp_path / "folder"))
    pictures = class_folders(photos, read_class_texts(_table(tmp_path))).pictures
    images = [
        torch.stack([m.transform(read_picture(pictures, i)) for i in range(2)])
        for m in (ours, theirs)
    ]
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
    below = tmp_path / name / images
    assert found.pictures.files == [str(below / "a.jpg"), str(below / "b.jpg")]
    assert found.captions == (("one, two", "three"), ("four",))


def test_commands(tiny_name: str, photos: Path, table: Path, tmp_path: Path, capsys):
    arguments = [tiny_name, "--folder", str(photos), "--class-texts", str(table)]
    out = ["--cache", str(tmp_path / "c"), "--json", str(tmp_path / "zeroshot.json")]
    assert command.main([*arguments, *out, "--device", "cpu"]) == 0
    assert "15 of 15 images         3 of 3 classes" in capsys.readouterr().out
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
