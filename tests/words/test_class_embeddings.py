"""Class embeddings: what they average, their file, and which joint space they are of."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

from iclip import free_memory
from iclip.text.class_texts import ClassText, ClassTexts, read_class_texts
from iclip.words import class_embeddings
from iclip.words.class_embeddings import (
    ClassEmbeddings,
    embed_classes,
    in_one_space,
    read_class_embeddings,
    write_class_embeddings,
)
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.loading import load_zero_shot_model
from tests.support.text_classes import random_embeddings


@pytest.fixture
def embeddings() -> ClassEmbeddings:
    return random_embeddings(["red fox", 'a "bus"', "Füchsin"], dims=8)


def test_embedding_is_the_mean_over_the_templates(tiny: ImageTextEmbedder, table: Path):
    templates = ["a photo of a {}.", "art of the {}."]
    found = embed_classes(tiny, read_class_texts(table), templates, "name_description")
    prompts = [
        ["a photo of a crane, large wading bird.", "art of the crane, large wading bird."],
        ["a photo of a tench, freshwater fish.", "art of the tench, freshwater fish."],
        ["a photo of a lemon, yellow fruit.", "art of the lemon, yellow fruit."],
    ]
    expected = torch.stack([F.normalize(tiny.encode_texts(p).mean(0), dim=0) for p in prompts])
    torch.testing.assert_close(found.embeds, expected)
    assert found.names == ("crane", "tench", "lemon")


def test_classes_of_one_name_are_told_apart_by_their_ids(embeddings: ClassEmbeddings):
    texts = [ClassText("bird", ("crane",)), ClassText("lift", ("crane",)), ClassText("a", ("fox",))]
    shared = replace(embeddings, texts=ClassTexts(texts))
    assert shared.names == ("crane (bird)", "crane (lift)", "fox")


def test_classes_of_one_text_are_named(tiny: ImageTextEmbedder):
    """The tokenizer makes all letters small."""
    found = embed_classes(tiny, ClassTexts(ClassText(n, (n,)) for n in ("Fox", "red", "fox")))
    assert found.embeds[0].equal(found.embeds[2]) and found.alike == ("Fox", "fox")
    assert "2 classes of 3 share their text with another one" in found.warning


def test_chunks_give_what_the_whole_gives(
    tiny: ImageTextEmbedder, table: Path, monkeypatch: pytest.MonkeyPatch
):
    texts = read_class_texts(table)
    whole = embed_classes(tiny, texts)
    monkeypatch.setattr(class_embeddings, "CHUNK", 2)
    torch.testing.assert_close(embed_classes(tiny, texts).embeds, whole.embeds)


def test_vocabulary_larger_than_the_memory_is_refused(
    tiny: ImageTextEmbedder, table: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(free_memory, "free_memory", lambda: 500)
    with pytest.raises(ValueError, match="of 3 classes and 16 dimensions takes about"):
        embed_classes(tiny, read_class_texts(table))


def test_name_longer_than_the_context_is_refused(tiny: ImageTextEmbedder):
    texts = ClassTexts([ClassText("ok", ("crane",)), ClassText("long", ("very " * 30 + "long",))])
    with pytest.raises(ValueError, match="context_length=24 cuts the names of 1 classes: long"):
        embed_classes(tiny, texts)


def test_text_tower_is_named_without_its_folders(micro: Path, table: Path):
    found = embed_classes(load_zero_shot_model(str(micro)), read_class_texts(table))
    assert found.text_tower == "latest.pth"


def test_file_holds_what_was_written(embeddings: ClassEmbeddings, tmp_path: Path):
    write_class_embeddings(tmp_path / "words.safetensors", embeddings)
    found = read_class_embeddings(tmp_path / "words.safetensors")
    assert (found.texts, found.text_tower) == (embeddings.texts, embeddings.text_tower)
    assert found.embeds.equal(embeddings.embeds) and found.probe.equal(embeddings.probe)
    # As another program reads it.
    assert set(load_file(tmp_path / "words.safetensors")) == {"class_embeds", "probe"}


def test_texts_that_no_file_holds_are_refused_before_it_is_written(tmp_path: Path):
    long = ClassTexts([ClassText("a", ("a",), "w" * 51_000_000)])
    embeddings = replace(random_embeddings(["a"], dims=4), texts=long)
    with pytest.raises(ValueError, match="take 51 MB, and a file of class embeddings holds 50 MB"):
        write_class_embeddings(tmp_path / "words.safetensors", embeddings)
    assert not list(tmp_path.iterdir())


MARK = {"iclip_class_embeddings": "1"}
TEXTS = json.dumps([{"id": "a", "names": ["a"], "description": ""}])
UNIT = {"class_embeds": torch.tensor([[0.6, 0.8]]), "probe": torch.tensor([0.0, 1.0])}
FAULTS = {
    "another file": (UNIT, {}, "is not a file of class embeddings of layout 1"),
    "texts": (UNIT, MARK | {"class_texts": "[{}]"}, "class texts cannot be read"),
    "no texts": (UNIT, MARK, "class texts cannot be read"),
    "no probe": (
        {"class_embeds": UNIT["class_embeds"]},
        MARK | {"class_texts": TEXTS},
        "should hold class_embeds .N, D. and probe .D,.",
    ),
    "rows": (
        UNIT | {"class_embeds": torch.tensor([[0.6, 0.8], [1.0, 0.0]])},
        MARK | {"class_texts": TEXTS},
        "for 1 classes",
    ),
    "NaN": (
        UNIT | {"probe": torch.tensor([torch.nan, 1.0])},
        MARK | {"class_texts": TEXTS},
        "1 of 2 embeddings of .* are not finite",
    ),
    "length": (
        UNIT | {"class_embeds": torch.tensor([[3.0, 4.0]])},
        MARK | {"class_texts": TEXTS},
        "are of length 1 to 5, and should be unit vectors",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_file_of_something_else_is_refused(fault: str, tmp_path: Path):
    tensors, metadata, message = FAULTS[fault]
    save_file(tensors, tmp_path / "words.safetensors", metadata)
    with pytest.raises(ValueError, match=message):
        read_class_embeddings(tmp_path / "words.safetensors")


def test_damaged_file_is_refused(embeddings: ClassEmbeddings, tmp_path: Path):
    file = tmp_path / "words.safetensors"
    write_class_embeddings(file, embeddings)
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(ValueError, match="cannot be read as safetensors"):
        read_class_embeddings(file)
    with pytest.raises(FileNotFoundError, match="absent"):
        read_class_embeddings(tmp_path / "absent.safetensors")


def test_space_is_told_whatever_the_precision(tiny: ImageTextEmbedder, table: Path):
    texts = read_class_texts(table)
    full = embed_classes(tiny, texts).probe
    half = embed_classes(replace(tiny, precision="bf16"), texts).probe
    assert not full.equal(half) and in_one_space(full, half)


def test_other_vectors_are_of_another_space(tiny: ImageTextEmbedder, micro: Path, table: Path):
    texts = read_class_texts(table)
    one, other = (embed_classes(m, texts).probe for m in (tiny, load_zero_shot_model(str(micro))))
    assert not in_one_space(one, other)
    assert not in_one_space(one, one[:-1])
