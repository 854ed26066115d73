"""The light file of a classifier of images by words, with random weights."""

from pathlib import Path
from typing import Any

import torch

from iclip.checkpoints.model_files import write_model_file
from iclip.registry import MODELS
from iclip.text.class_texts import plain_class_texts
from tests.support.text_classes import random_embeddings

MODEL: dict[str, Any] = {
    "type": "ImageClassifier",
    "data_preprocessor": {"type": "BatchPreprocessor"},
    "backbone": {
        "type": "SwinBackbone", "window_size": 4, "stem": "conv",
        "arch": {"embed_dims": 24, "depths": (1, 1), "num_heads": (1, 2)},
    },
    "num_classes": 3,
    "classifier": {"type": "iclip.TextClassifier", "embed_dim": 8, "variant": "name"},
}  # fmt: skip
TRANSFORM = {"type": "ResizeCenterCrop", "size": 32, "resize": 40}


def write_classifier_by_words(path: Path) -> Path:
    """Write it; its classes are cat, dog and cow, in a joint space of 8 dimensions."""
    torch.manual_seed(0)
    network = MODELS.build(MODEL)
    network.classifier.set_classes(random_embeddings(["cat", "dog", "cow"], dims=8))
    # As a training's config has them, though nobody has the files any longer.
    files = {"class_texts": "absent.jsonl", "checkpoint": "absent.pth"}
    config = {
        "default_scope": "iclip",
        "model": {**MODEL, "classifier": {**MODEL["classifier"], **files}},
        "test_dataloader": {"dataset": {"type": "LabelledFiles", "image_transform": TRANSFORM}},
    }
    write_model_file(
        path, network.state_dict(), task="classification", classes=["cat", "dog", "cow"],
        config=config, class_texts=plain_class_texts(network.classifier.texts),
        text_tower="tower.pth",
    )  # fmt: skip
    return path
