"""Pictures and records of predictions, on models with random weights."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from PIL import Image

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.commands import predict as command
from iclip.commands.command_line import main
from iclip.openmmlab.class_names import class_names
from iclip.openmmlab.predict.inputs import InputFile
from iclip.openmmlab.predict.prediction import Outcome, predict_files
from iclip.openmmlab.predict.predictors import Predictor, build_predictor
from iclip.openmmlab.video.contact_sheet import evenly_spaced_frames
from iclip.toy.kinetics import MOTIONS
from tests.openmmlab.made_up_video import video

TASKS = ("lvis_frcnn", "ade20k_maskformer", "k400_video_swin")


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory) -> dict[str, Path]:
    """Each toy model with random weights."""
    from mmaction.registry import MODELS as ACTION_MODELS
    from mmdet.registry import MODELS as DETECTION_MODELS
    from mmseg.registry import MODELS as SEGMENTATION_MODELS

    import iclip.openmmlab.video.swin  # noqa: F401

    folder = tmp_path_factory.mktemp("checkpoints")
    registries = (DETECTION_MODELS, SEGMENTATION_MODELS, ACTION_MODELS)
    scopes = ("mmdet", "mmseg", "mmaction")
    torch.manual_seed(0)
    for task, registry, scope in zip(TASKS, registries, scopes, strict=True):
        with DefaultScope.overwrite_default_scope(scope):
            model = registry.build(config(task).model)
        torch.save({"state_dict": model.state_dict(), "meta": {}}, folder / f"{task}.pth")
    return {task: folder / f"{task}.pth" for task in TASKS}


@pytest.fixture(autouse=True)
def scope_is_restored():
    """The inferencers set mmengine's global default scope."""
    before = dict(DefaultScope._instance_dict)
    yield
    DefaultScope._instance_dict.clear()
    DefaultScope._instance_dict.update(before)


def config(task: str) -> Config:
    cfg = Config.fromfile(f"downstream/toy/{task}_scratch.py")
    cfg.test_dataloader.dataset.ann_file = "absent.json"
    if task == "lvis_frcnn":
        cfg.test_evaluator.ann_file = "absent.json"
    return cfg


def photo(path: Path, side: int = 96) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (side, side + 20, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def predict(predictor: Predictor, files: list[Path], out: Path, **settings: Any) -> Outcome:
    inputs = [InputFile(file, file.stem) for file in files]
    return predict_files(predictor, inputs, out, report=lambda line: None, **settings)


def values(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in ("file", "seconds")}


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def test_boxes_are_recorded_in_the_images_pixels(checkpoints: dict[str, Path], tmp_path: Path):
    predictor = build_predictor(config("lvis_frcnn"), checkpoints["lvis_frcnn"], "cpu", 0.0)
    file = photo(tmp_path / "a.png")
    records = predict(predictor, [file], tmp_path / "out").records
    record = records["a.jpg"]
    assert record["labels"]
    assert record["labels"][0].startswith("class ")
    boxes = np.array(record["boxes"])
    assert len(boxes) == len(record["scores"]) == len(record["labels"])
    assert boxes.min() >= 0
    assert boxes[:, [0, 2]].max() <= 116
    assert boxes[:, [1, 3]].max() <= 96
    # Enlarged by a whole number, to be read.
    assert size(tmp_path / "out/a.jpg") == (116 * 7, 96 * 7)
    assert json.loads((tmp_path / "out/predictions.json").read_text()) == records
    none = build_predictor(config("lvis_frcnn"), checkpoints["lvis_frcnn"], "cpu", 1.0)
    found = predict(none, [file], tmp_path / "none").records["a.jpg"]
    assert values(found) == {"labels": [], "scores": [], "boxes": []}


def test_masks_cover_the_image(checkpoints: dict[str, Path], tmp_path: Path):
    predictor = build_predictor(config("ade20k_maskformer"), checkpoints["ade20k_maskformer"])
    file = photo(tmp_path / "a.png")
    record = predict(predictor, [file], tmp_path).records["a.jpg"]
    assert sum(record["shares"]) == pytest.approx(1, abs=1e-3)
    assert record["shares"] == sorted(record["shares"], reverse=True)
    assert set(record["labels"]) <= {*config("ade20k_maskformer").classes}
    assert size(tmp_path / "a.jpg") == (2 * 116 * 7, 96 * 7)


def test_clips_have_their_likeliest_classes(checkpoints: dict[str, Path], tmp_path: Path):
    cfg = config("k400_video_swin")
    cfg.test_dataloader.dataset.ann_file = str(tmp_path / "val.txt")
    (tmp_path / "labels.txt").write_text("\n".join(MOTIONS) + "\n")
    predictor = build_predictor(cfg, checkpoints["k400_video_swin"])
    clip = video(tmp_path / "clip.mp4", frames=40)
    record = predict(predictor, [clip], tmp_path).records["clip.jpg"]
    assert len(record["labels"]) == 5
    assert set(record["labels"]) <= set(MOTIONS)
    assert record["scores"] == sorted(record["scores"], reverse=True)
    assert 0 < sum(record["scores"]) <= 1.001


def test_frames_of_a_video_are_segmented(checkpoints: dict[str, Path], tmp_path: Path):
    predictor = build_predictor(config("ade20k_maskformer"), checkpoints["ade20k_maskformer"])
    clip = video(tmp_path / "clip.mp4", frames=24, rate=8)
    records = predict(predictor, [clip], tmp_path, every=1.0).records
    assert [record["seconds"] for record in records.values()] == [0.0, 1.0, 2.0]
    assert list(records) == [f"clip_000{second}.00s.jpg" for second in range(3)]


def test_frames_of_a_strip_are_evenly_spaced(tmp_path: Path):
    frames = evenly_spaced_frames(video(tmp_path / "clip.mp4", frames=21), 5)
    means = [frame.mean() for frame in frames]
    assert np.diff(means) == pytest.approx([50] * 4, abs=8)


def test_weights_of_another_model_are_refused(checkpoints: dict[str, Path], tmp_path: Path):
    with pytest.raises(ValueError, match=r"(?s)lvis_frcnn\.pth does not fit the config.*missing"):
        build_predictor(config("ade20k_maskformer"), checkpoints["lvis_frcnn"])
    with pytest.raises(ValueError, match="config of pre-training predicts neither boxes"):
        build_predictor(Config.fromfile("configs/micro/iclip.py"), checkpoints["lvis_frcnn"])


def test_names_of_classes(tmp_path: Path):
    cfg: Any = Config(dict(test_dataloader=dict(dataset={})))
    assert class_names(cfg, 2, {}) == ["class 0", "class 1"]
    assert class_names(cfg, 2, {"dataset_meta": {"classes": ("a", "b")}}) == ["a", "b"]
    assert class_names(cfg, 3, {"dataset_meta": {"classes": ("a", "b")}})[2] == "class 2"
    assert class_names(cfg, 400, {})[0] == "abseiling"
    categories = [{"id": 2, "name": "second"}, {"id": 1, "name": "first"}]
    (tmp_path / "lvis.json").write_text(json.dumps({"categories": categories}))
    cfg.test_evaluator = dict(ann_file=str(tmp_path / "lvis.json"))
    assert class_names(cfg, 2, {"dataset_meta": {"classes": ("a", "b")}}) == ["second", "first"]


def test_command_line(checkpoints: dict[str, Path], tmp_path: Path, capsys):
    arguments = ["downstream/toy/lvis_frcnn.py", str(checkpoints["lvis_frcnn"])]
    files = [str(photo(tmp_path / "a.png")), "--out", str(tmp_path / "out"), "--device", "cpu"]
    assert main(command, [*arguments, *files]) == 0
    told = capsys.readouterr().out
    assert told.startswith("1 file\n")
    assert f"1 picture: {tmp_path / 'out'}\n" in told
    assert main(command, ["absent.py", *arguments[1:], *files]) == 2
    assert "config absent.py does not exist" in capsys.readouterr().err
    assert main(command, [arguments[0], "absent.pth", *files]) == 2
    assert "absent.pth does not exist" in capsys.readouterr().err
