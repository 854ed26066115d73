"""Validation inside training and the tools give the same figure for one checkpoint."""

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from iclip.datasets import LabelledImages, ResizeCenterCrop
from iclip.evaluation.zero_shot import ZeroShotAccuracy
from iclip.registry import MODELS
from iclip.text.class_texts import read_class_texts
from iclip.zeroshot.cached_embeddings import embed
from iclip.zeroshot.classification import evaluate_set
from iclip.zeroshot.classification_suites import own_set
from iclip.zeroshot.loading import load_zero_shot_model
from tests.support.zero_shot_models import MICRO

SIZE, RESIZE = 32, 44


@pytest.fixture
def checkpoint(micro: Path, tmp_path: Path) -> Path:
    content = torch.load(micro, weights_only=True)
    content["meta"] |= {"image_size": SIZE, "image_resize": RESIZE}
    torch.save(content, tmp_path / "latest.pth")
    return tmp_path / "latest.pth"


@pytest.fixture
def odd_photos(photos: Path) -> Path:
    """Among the photos, one in 16 bits, one with a palette and one that is gray."""
    picture = Image.open(photos / "n1/0.png")
    picture.convert("I;16").save(photos / "n1/1.png")
    picture.convert("P").save(photos / "n2/1.png")
    picture.convert("L").save(photos / "n3/1.png")
    return photos


@torch.no_grad()
def validated(checkpoint: Path, photos: Path, table: Path) -> tuple[torch.Tensor, float]:
    """Embeddings and top-1 as the validation loop computes them."""
    content = torch.load(checkpoint, weights_only=True)
    ids = [320, 1125, 2368, 49406, 49407]
    text: dict[str, Any] = dict(MICRO["text_encoder"], vocabulary=ids)  # type: ignore[call-overload]
    prompts = dict(MICRO["class_prompts"], class_texts=str(table))  # type: ignore[call-overload]
    network = MODELS.build(dict(MICRO, text_encoder=text, class_prompts=prompts)).eval()
    network.load_state_dict(content["state_dict"])
    data = LabelledImages(photos, str(table), ResizeCenterCrop(SIZE, RESIZE))
    batch = {
        "inputs": torch.stack([data.image_transform(data.read(i)[0], 0) for i in range(len(data))]),
        "gt_labels": torch.tensor(data.labels.tolist()),
        "token_ids": torch.zeros(0, 24, dtype=torch.int64),
    }
    samples = network(**network.data_preprocessor(batch), mode="predict")
    metric = ZeroShotAccuracy(str(table), top_k=(1,))
    metric.prepare(network)
    metric.process({}, samples)
    embeds = torch.stack([sample["image_embeds"] for sample in samples])
    return embeds, metric.evaluate(len(data))["zero_shot/top1"]


def test_figures_of_validation_and_tool_are_one(
    checkpoint: Path, odd_photos: Path, table: Path, tmp_path: Path
):
    expected, top1 = validated(checkpoint, odd_photos, table)
    model = load_zero_shot_model(str(checkpoint))
    images = own_set(odd_photos, read_class_texts(table))
    found = embed(model, images.reader, tmp_path / "c")
    torch.testing.assert_close(torch.from_numpy(found.embeds), expected, rtol=0, atol=1e-5)
    assert evaluate_set(model, images, found).score == pytest.approx(top1)
