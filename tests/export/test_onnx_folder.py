"""ONNX files in onnxruntime: equal to 1e-5 for batches of any size, or no file at all."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from iclip.export import onnx_folder
from iclip.export.onnx_folder import export_onnx
from iclip.predict.load_model import load_model
from tests.support.classifier_by_words import write_classifier_by_words
from tests.support.pushable_models import write_classifier, write_two_towers

# Small maps with shifted windows: 8 x 8 and 4 x 4 tokens in windows of 4 x 4.
MICRO = dict(
    type="SwinBackbone", arch=dict(embed_dims=8, depths=(2, 1), num_heads=(1, 2)), window_size=4
)
SIDE = 32


def write(path: Path) -> Any:
    text = dict(type="TextTransformer", context_length=8, width=16, heads=2, layers=1)
    return write_two_towers(path, backbone=MICRO, text_encoder=text)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("onnx")
    model = write(folder / "latest.pth")
    manifest = export_onnx(folder / "latest.pth", folder / "out", image_size=SIDE)
    return folder / "out", model, manifest


def run(file: Path, rows: torch.Tensor) -> torch.Tensor:
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (given,) = session.run(None, {session.get_inputs()[0].name: rows.numpy()})
    return torch.from_numpy(given)


@torch.no_grad()
def test_embeddings_are_equal_for_any_batch(exported: tuple[Path, Any, dict[str, Any]]):
    folder, model, _ = exported
    for count in (1, 5):
        rng = np.random.default_rng(count)
        pixels = torch.from_numpy(rng.integers(0, 256, (count, 3, SIDE, SIDE), dtype=np.uint8))
        inputs = model.data_preprocessor({"inputs": pixels})["inputs"]
        given = run(folder / "image_tower.onnx", pixels)
        torch.testing.assert_close(given, model.encode_image(inputs), rtol=0, atol=1e-5)
        ids = torch.randint(0, 49406, (count, 8))
        ids[:, 5] = 49407
        given = run(folder / "text_tower.onnx", ids)
        torch.testing.assert_close(given, model.encode_text(ids), rtol=0, atol=1e-5)


@torch.no_grad()
def test_classifier_by_words_has_the_same_logits(tmp_path: Path):
    file = write_classifier_by_words(tmp_path / "best.pth")
    manifest = export_onnx(file, tmp_path / "out")
    assert manifest["classes"] == ["cat", "dog", "cow"] and manifest["image_size"] == 32
    model = load_model(file, "cpu").predictor._model
    pixels = torch.from_numpy(
        np.random.default_rng(0).integers(0, 256, (5, 3, 32, 32), dtype=np.uint8)
    )
    given = run(tmp_path / "out/classifier.onnx", pixels)
    torch.testing.assert_close(given.softmax(1), model.classify(pixels), rtol=0, atol=1e-5)


@pytest.mark.parametrize("task", ["detection", "segmentation", "video"])
def test_models_without_a_file_of_theirs_are_told_what_to_do(task: str):
    with pytest.raises(ValueError, match=rf"best\.pth is a model of {task}: .* by iclip predict"):
        onnx_folder._check_task(task, "best.pth")


def test_manifest_says_what_a_file_takes(exported: tuple[Path, Any, dict[str, Any]]):
    folder, _, manifest = exported
    assert json.loads((folder / "manifest.json").read_text())["models"] == manifest["models"]
    assert manifest["image_size"] == SIDE and manifest["logit_scale"] == pytest.approx(2.9957, 1e-3)
    image, text = manifest["models"]
    assert image["meaning"].startswith("uint8 (batch, 3, 32, 32), RGB in 0..255 -> float32")
    assert text["input"] == "token_ids" and text["largest_difference"] <= 1e-5
    assert str(folder.parent) not in (folder / "manifest.json").read_text()


def test_other_sizes_are_refused_by_the_file(exported: tuple[Path, Any, dict[str, Any]]):
    pixels = torch.zeros(1, 3, 64, 64, dtype=torch.uint8)
    with pytest.raises(Exception, match="invalid dimensions"):
        run(exported[0] / "image_tower.onnx", pixels)


@pytest.fixture
def without_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop before a graph is made, which takes seconds."""

    def write_entry(model: Any, folder: Path, checkpoint: object) -> dict[str, Any]:
        (folder / f"{model.name}.onnx").write_bytes(b"graph")
        return {"file": f"{model.name}.onnx", "meaning": model.meaning}

    monkeypatch.setattr(onnx_folder, "_write", write_entry)


def test_classifier_states_its_classes_and_size(tmp_path: Path, without_writing: None):
    write_classifier(tmp_path / "best.pth")
    manifest = export_onnx(tmp_path / "best.pth", tmp_path / "out")
    assert manifest["classes"] == ["ant", "bee", "cat"] and manifest["image_size"] == 224
    assert (tmp_path / "out/classifier.onnx").is_file()


def test_graph_that_differs_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write(tmp_path / "latest.pth")

    class Program:
        def save(self, file: Path, **_: object) -> None:
            file.write_bytes(b"graph")

    monkeypatch.setattr(torch.export, "export", lambda *_, **__: None)
    monkeypatch.setattr(torch.onnx, "export", lambda *_, **__: Program())
    for difference in (1e-3, float("nan")):
        monkeypatch.setattr(onnx_folder, "largest_difference", lambda *_, d=difference: d)
        with pytest.raises(ValueError, match=r"image_tower\.onnx differs from the network by"):
            export_onnx(tmp_path / "latest.pth", tmp_path / "out", image_size=SIDE)
        assert [path.name for path in tmp_path.iterdir()] == ["latest.pth"]


def test_existing_folder_is_kept(tmp_path: Path, without_writing: None):
    write(tmp_path / "latest.pth")
    with pytest.raises(FileExistsError, match="is there already, and is not an empty folder"):
        export_onnx(tmp_path / "latest.pth", tmp_path)


def test_missing_packages_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(onnx_folder.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"needs onnx, onnxscript, onnxruntime: pip install"):
        export_onnx(tmp_path / "latest.pth", tmp_path / "out")


def test_checkpoint_without_a_description_needs_its_config(tmp_path: Path):
    write(tmp_path / "latest.pth")
    content = torch.load(tmp_path / "latest.pth", weights_only=True)
    del content["meta"]["model"]
    torch.save(content, tmp_path / "old.pth")
    with pytest.raises(ValueError, match=r"old\.pth does not say how .* with --config"):
        export_onnx(tmp_path / "old.pth", tmp_path / "out")
