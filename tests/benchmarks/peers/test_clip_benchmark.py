"""clip_benchmark's evaluations, called on the hub's models and data sets, against loops."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from iclip.benchmarks.peers.clip_benchmark import TransformedImages, classify, retrieve
from iclip.text.class_texts import read_class_texts
from iclip.zeroshot.class_folders import LabelledSet, class_folders
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.image_readers import read_image
from iclip.zeroshot.retrieval_sets import read_captions
from tests.zeroshot.caption_sets import write_captions

NAMES = ("crane", "tench", "lemon")
TEMPLATES = ("a {}.", "the {} there.")


@pytest.fixture
def labelled(photos: Path, table: Path) -> LabelledSet:
    # One class of fewer images, so that the mean per class is not the top-1.
    (photos / "n1/0.png").unlink()
    (photos / "n1/1.png").unlink()
    return class_folders(photos, read_class_texts(table))


@torch.no_grad()
def embedded_image(model: ImageTextEmbedder, image: Tensor) -> Tensor:
    return normalize(model.network.encode_image(image[None]), dim=-1)[0]


@torch.no_grad()
def embedded_text(model: ImageTextEmbedder, text: str) -> Tensor:
    return normalize(model.network.encode_text(model.tokenizer([text])), dim=-1)[0]


def test_scores_are_those_of_the_class_with_the_most_similar_prompts(
    tiny: ImageTextEmbedder, labelled: LabelledSet
):
    classes = []
    for name in NAMES:
        prompts = [embedded_text(tiny, template.format(name)) for template in TEMPLATES]
        classes.append(normalize(torch.stack(prompts).mean(0), dim=0))
    right: dict[int, list[bool]] = {}
    for index, label in enumerate(labelled.labels.tolist()):
        image = embedded_image(tiny, tiny.transform(read_image(labelled.reader, index)))
        found = max(range(3), key=lambda c: float(image @ classes[c]))
        right.setdefault(label, []).append(found == label)
    found = classify(tiny, labelled, NAMES, TEMPLATES, batch_size=4)
    everyone = [hit for hits in right.values() for hit in hits]
    assert found["top-1"] == pytest.approx(100 * sum(everyone) / 13)
    per_class = [sum(hits) / len(hits) for hits in right.values()]
    assert found["mean per class"] == pytest.approx(100 * sum(per_class) / 3)


def test_a_data_set_gives_transformed_images_with_their_labels(
    tiny: ImageTextEmbedder, labelled: LabelledSet
):
    images = TransformedImages(labelled, tiny, NAMES)
    assert (len(images), images.classes) == (13, NAMES)
    assert [images[i][1] for i in range(13)] == [0] * 3 + [1] * 5 + [2] * 5
    assert images[0][0].shape == (3, 32, 32)


def test_recalls_are_those_of_the_most_similar(
    tiny: ImageTextEmbedder, photos: Path, tmp_path: Path
):
    path = write_captions(tmp_path / "captions.json", photos, [2, 1, 3, 2, 2, 1])
    captioned = read_captions(path, photos)
    images = [
        embedded_image(tiny, tiny.transform(read_image(captioned.reader, i))) for i in range(6)
    ]
    owners = [i for i, captions in enumerate(captioned.captions) for _ in captions]
    texts = [embedded_text(tiny, text) for captions in captioned.captions for text in captions]
    by_text = [max(range(6), key=lambda i: float(text @ images[i])) for text in texts]
    by_image = [max(range(11), key=lambda j: float(image @ texts[j])) for image in images]
    found = retrieve(tiny, captioned, batch_size=4, recall_at=(1,))
    assert set(found) == {"ir_r1", "tr_r1"}
    hits = sum(i == owner for i, owner in zip(by_text, owners, strict=True))
    assert found["ir_r1"] == pytest.approx(100 * hits / 11)
    hits = sum(owners[j] == i for i, j in enumerate(by_image))
    assert found["tr_r1"] == pytest.approx(100 * hits / 6)
