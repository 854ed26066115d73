"""A classifier of images from its file, held against its network and a resize by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from iclip.checkpoints import load_checkpoint
from iclip.checkpoints.model_files import write_model_file
from iclip.checkpoints.model_folders import CONFIG, SECTION, write_own_part
from iclip.predict.load_model import load_model
from iclip.registry import MODELS
from iclip.words import write_class_embeddings
from tests.support.classifier_by_words import write_classifier_by_words
from tests.support.framework_predictions import noise
from tests.support.text_classes import random_embeddings

MODEL: dict[str, Any] = {
    "type": "ImageClassifier",
    "data_preprocessor": {"type": "BatchPreprocessor"},
    "backbone": {
        "type": "SwinBackbone", "window_size": 4, "stem": "conv", "checkpoint": "absent.pth",
        "arch": {"embed_dims": 48, "depths": (2, 2), "num_heads": (3, 6)},
    },
    "num_classes": 3,
}  # fmt: skip
TRANSFORM = {"type": "ResizeCenterCrop", "size": 32, "resize": 40}


def config(model: Any = MODEL, transform: Any = TRANSFORM) -> dict[str, Any]:
    return {
        "default_scope": "iclip", "model": model,
        "test_dataloader": {"dataset": {"type": "LabelledFiles", "image_transform": transform}},
    }  # fmt: skip


def network() -> Any:
    torch.manual_seed(0)
    return MODELS.build({**MODEL, "backbone": {**MODEL["backbone"], "checkpoint": None}})


def write(path: Path, **changes: Any) -> Path:
    settings = {"classes": ["cat", "dog", "cow"], "config": config(), **changes}
    write_model_file(path, network().state_dict(), task="classification", **settings)
    return path


def test_scores_are_the_networks(tmp_path: Path):
    model = load_model(write(tmp_path / "best.pth"), "cpu")
    images = [noise(48, 64), noise(80, 40, seed=1)]
    found = model.predict(images, batch_size=2)
    for image, prediction in zip(images, found, strict=True):
        height, width = image.shape[:2]
        scale = 40 / min(height, width)
        resized = Image.fromarray(image).resize(
            (int(width * scale), int(height * scale)), Image.Resampling.BICUBIC
        )
        left, top = (round((side - 32) / 2) for side in resized.size)
        cut = np.asarray(resized)[top : top + 32, left : left + 32]
        scores = network().classify(torch.from_numpy(cut.transpose(2, 0, 1).copy())[None])[0]
        np.testing.assert_allclose(prediction.scores, np.sort(scores)[::-1], atol=1e-6)
        assert prediction.labels.tolist() == scores.argsort(descending=True).tolist()
        assert prediction.scores.sum() == pytest.approx(1)
    assert (model.task, model.classes) == ("classification", ("cat", "dog", "cow"))


def test_picture_and_formats(tmp_path: Path):
    found = load_model(write(tmp_path / "best.pth"), "cpu").predict(noise(48, 64))
    found.save(tmp_path / "a.png")
    assert found[0].picture().shape == (420, 960, 3)
    assert len(found.to_csv().splitlines()) == 4
    assert found.to_fiftyone()["labels"]["image_0"]["label"] == found.labels[0]
    assert found.to_labelstudio()[0]["data"]["image"]
    with pytest.raises(ValueError, match="no form for predictions of classification"):
        found.to_coco()


def test_classes_without_names_are_numbered(tmp_path: Path):
    file = write(tmp_path / "best.pth")
    content = torch.load(file, weights_only=True)
    content["meta"]["dataset_meta"] = {}
    torch.save(content, file)
    assert load_model(file, "cpu").classes == ("class 0", "class 1", "class 2")


def test_linear_classifier_takes_no_words(tmp_path: Path):
    model = load_model(write(tmp_path / "best.pth"), "cpu")
    with pytest.raises(
        ValueError, match=r"best\.pth: its classifier is linear, and knows no classes"
    ):
        model.set_classes(random_embeddings(["owl", "fox"], dims=8))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (config(model={**MODEL, "type": "os.system"}), "model.type is 'os.system'"),
        (config(model={**MODEL, "backbone": {"type": "os.system"}}), "backbone.type is 'os.sys"),
        (config(model={**MODEL, "backbone": 3}), "model has no backbone, or no num_classes"),
        (config(model={**MODEL, "num_classes": 4}), "does not fit the config"),
        (config(transform={"type": "os.system"}), "prediction takes ResizeCenterCrop"),
        (config(transform=None), "prediction takes ResizeCenterCrop"),
        (config(transform={**TRANSFORM, "sizes": 3}), "no model can be built"),
    ],
)
def test_what_a_file_may_not_name_is_refused(changed: Any, told: str, tmp_path: Path):
    with pytest.raises(ValueError, match=told):
        load_model(write(tmp_path / "best.pth", config=changed), "cpu")


def test_classifier_by_words_needs_no_text_tower(tmp_path: Path):
    model = load_model(write_classifier_by_words(tmp_path / "best.pth"), "cpu")
    assert model.classes == ("cat", "dog", "cow")
    assert model.predict(noise(48, 64)).scores.sum() == pytest.approx(1)


def test_other_classes_are_other_embeddings(tmp_path: Path):
    own = load_model(write_classifier_by_words(tmp_path / "best.pth"), "cpu")
    other = random_embeddings(["fox", "cow", "bus", "tree"], dims=8, seed=1)
    write_class_embeddings(tmp_path / "words.safetensors", other)
    changed = own.with_classes(str(tmp_path / "words.safetensors"))
    assert changed.classes == ("fox", "cow", "bus", "tree")
    image = noise(48, 64)
    found = changed.predict(image)
    classifier = changed.predictor._model.classifier  # type: ignore[attr-defined]
    features = changed.predictor._model.encode_features  # type: ignore[attr-defined]
    pixels = changed.predictor._transform.of_pixels(image)[None]  # type: ignore[attr-defined]
    inputs = changed.predictor._model.data_preprocessor({"inputs": pixels})["inputs"]  # type: ignore[attr-defined]
    with torch.no_grad():
        cosines = torch.nn.functional.normalize(
            features(inputs) @ classifier.projection.weight.T, dim=1
        ) @ other.embeds.T  # fmt: skip
        expected = (classifier.logit_scale.exp() * cosines).softmax(1)[0]
    assert found.labels.tolist() == expected.argsort(descending=True).tolist()
    np.testing.assert_allclose(found.scores, expected.sort(descending=True).values, atol=1e-6)
    # The model that was asked stays as it was.
    assert own.classes == ("cat", "dog", "cow") and len(own.predict(image).scores) == 3


def test_words_need_a_text_tower_of_the_same_space(tmp_path: Path, micro: Path):
    model = load_model(write_classifier_by_words(tmp_path / "best.pth"), "cpu")
    with pytest.raises(ValueError, match=r"embeds, tower\.pth; it is not part of .*text_tower="):
        model.with_classes(["fox", "bus"])
    with pytest.raises(
        ValueError, match="have 16 dimensions, and the classifier's joint space has 8"
    ):
        model.with_classes("fox, bus", text_tower=str(micro))


def test_linear_classifier_takes_no_other_classes(tmp_path: Path):
    model = load_model(write(tmp_path / "best.pth"), "cpu")
    with pytest.raises(ValueError, match="has a linear classifier, which knows no classes but"):
        model.with_classes("fox, bus")


def test_model_of_a_folder_takes_other_classes(tmp_path: Path):
    content = load_checkpoint(write_classifier_by_words(tmp_path / "best.pth"))
    folder = tmp_path / "pushed"
    folder.mkdir()
    section = write_own_part(folder, content["state_dict"], content["meta"], {})
    (folder / CONFIG).write_text(json.dumps({SECTION: section}))
    words = tmp_path / "words.safetensors"
    write_class_embeddings(words, random_embeddings(["fox", "bus"], dims=8, seed=1))
    assert load_model(folder, "cpu").with_classes(str(words)).classes == ("fox", "bus")
