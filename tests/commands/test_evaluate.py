"""A model evaluated on what it predicted itself has the score that other libraries compute."""

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.registry import MODELS, DefaultScope
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from iclip.checkpoints.model_files import write_model_file
from iclip.commands import evaluate
from iclip.commands.command_line import main
from iclip.finetune.tasks import task_named
from iclip.predict.load_model import load_model
from iclip.predictions import Predictions
from tests.support.default_scope import scope_is_restored  # noqa: F401  (a fixture)
from tests.support.framework_predictions import noise
from tests.support.own_choice import choice_for, micro_backbone, own_data
from tests.support.toy_model_files import write_toy_model
from tests.support.video_files import write_lighter_and_lighter
from tests.support.written_run import written

IMAGES = 3


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_model("lvis_frcnn", tmp_path_factory.mktemp("detector") / "best.pth")


def write_images(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for number in range(IMAGES):
        Image.fromarray(noise(seed=number)).save(folder / f"{number}.png")
    return folder


def evaluated(model: Path, data: Path, out: Path, *options: str) -> dict[str, Any]:
    """The metrics of ``iclip evaluate``."""
    arguments = [str(model), "--data", str(data), "--json", str(out / "figures.json")]
    arguments += ["--device", "cpu", "--work-dir", str(out / "work"), *options]
    assert main(evaluate, arguments) == 0
    return json.loads((out / "figures.json").read_text())


def write_coco(root: Path, found: Predictions, names: list[str]) -> Path:
    """A COCO folder whose boxes are every other prediction; ids have gaps, names any order."""
    ids = {name: 7 * number + 3 for number, name in enumerate(names)}
    images, annotations = [], []
    for number, image in enumerate(found):
        images.append({"id": number, "file_name": f"{number}.png", "width": 116, "height": 96})
        for place in range(0, len(image), 2):
            if image.names[place] not in ids:
                continue
            x1, y1, x2, y2 = image.boxes[place].tolist()
            annotations.append({
                "id": len(annotations) + 1, "image_id": number, "iscrowd": 0,
                "bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1),
                "category_id": ids[image.names[place]],
            })  # fmt: skip
    categories = [{"id": number, "name": name} for name, number in ids.items()]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (root / "annotations").mkdir(parents=True)
    for part in ("train", "val"):
        (root / f"annotations/instances_{part}.json").write_text(json.dumps(content))
        write_images(root / part)
    return root


def coco_ap(truth_file: Path, found: Predictions) -> float:
    """pycocotools' AP of predictions, in [0, 1]."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(truth_file))
        ids = {entry["name"]: number for number, entry in truth.cats.items()}
        images = {Path(entry["file_name"]).stem: key for key, entry in truth.imgs.items()}
        results = [
            {
                "image_id": images[image.title], "category_id": ids[name], "score": float(score),
                "bbox": [x1, y1, x2 - x1, y2 - y1],
            }
            for image in found
            for name, score, (x1, y1, x2, y2) in zip(
                image.names, image.scores, image.boxes.tolist(), strict=True
            )
            if name in ids
        ]  # fmt: skip
        scores = COCOeval(truth, truth.loadRes(results), "bbox")
        scores.evaluate()
        scores.accumulate()
        scores.summarize()
    return float(scores.stats[0])


def test_boxes_have_pycocotools_score_in_any_order_of_classes(detector: Path, tmp_path: Path):
    model = load_model(detector, "cpu")
    found = model.predict(write_images(tmp_path / "in"), score_threshold=0)
    names = sorted({name for image in found for name in image.names}, reverse=True)
    data = write_coco(tmp_path / "data", found, names)
    metrics = evaluated(detector, data, tmp_path)
    # What was recognized of the data: boxes below a pixel are left out.
    expected = coco_ap(tmp_path / "work/data/val.json", found)
    assert 0 < expected < 1
    assert metrics["coco/bbox_mAP"] == pytest.approx(expected, abs=2e-3)


def test_classes_that_the_model_lacks_are_an_error(
    detector: Path, tmp_path: Path, capsys: pytest.CaptureFixture
):
    found = load_model(detector, "cpu").predict(write_images(tmp_path / "in"), score_threshold=0)
    data = write_coco(tmp_path / "data", found, [found[0].names[0], "unicorn"])
    arguments = [str(detector), "--data", str(data), "--device", "cpu"]
    assert main(evaluate, [*arguments, "--work-dir", str(tmp_path / "work")]) == 2
    assert "unicorn" in capsys.readouterr().err
    assert not (tmp_path / "work").exists()


def test_part_that_is_missing_is_named(
    detector: Path, tmp_path: Path, capsys: pytest.CaptureFixture
):
    found = load_model(detector, "cpu").predict(write_images(tmp_path / "in"), score_threshold=0)
    data = write_coco(tmp_path / "data", found, [found[0].names[0]])
    arguments = [str(detector), "--data", str(data), "--device", "cpu", "--part", "test"]
    assert main(evaluate, arguments) == 2
    assert f"--part test: {data} has no such part, but val" in capsys.readouterr().err.replace(
        "train, val", "val"
    )


def test_label_maps_of_its_own_are_all_right(tmp_path: Path):
    file = write_toy_model("ade20k_maskformer", tmp_path / "W/best.pth")
    found = load_model(file, "cpu").predict(write_images(tmp_path / "data/images/val"))
    write_images(tmp_path / "data/images/train")
    for part in ("train", "val"):
        (tmp_path / "data/masks" / part).mkdir(parents=True)
        for image in found:
            labels = 17 - image.label_map  # the classes in another order
            path = tmp_path / "data/masks" / part / f"{image.title}.png"
            Image.fromarray(labels.astype(np.uint8)).save(path)
    names = [f"thing {17 - number}" for number in range(18)]
    (tmp_path / "data/classes.txt").write_text("".join(f"{name}\n" for name in names))
    metrics = evaluated(file, tmp_path / "data", tmp_path)
    assert metrics["mIoU"] == pytest.approx(100)


def test_videos_of_its_own_are_all_right(tmp_path: Path):
    file = write_toy_model("k400_video_swin", tmp_path / "W/best.pth")
    clip = write_lighter_and_lighter(tmp_path / "clip.mp4", frames=40)
    (name, other) = load_model(file, "cpu").predict(clip).names[:2]
    for part in ("train", "val"):
        for folder in (name, other):
            (tmp_path / "data" / part / folder).mkdir(parents=True)
            (tmp_path / "data" / part / folder / "a.mp4").write_bytes(clip.read_bytes())
    assert evaluated(file, tmp_path / "data", tmp_path)["acc/top1"] == pytest.approx(0.5)


def test_images_sorted_by_its_own_classes_are_all_right(tmp_path: Path):
    names = ["b", "a", "c"]
    choice = choice_for(task_named("classification").recipe, own_data("classification", names),
                        micro_backbone(), image_size=32)  # fmt: skip
    cfg = written(tmp_path, choice)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope("iclip"):
        weights = MODELS.build(
            cfg.model | dict(backbone=cfg.model.backbone | dict(checkpoint=None))
        )
    file = tmp_path / "best.pth"
    write_model_file(file, weights.state_dict(), task="classification", classes=names,
                     config=cfg.to_dict())  # fmt: skip
    for number in range(6):
        pixels = noise(seed=number) // 2 + 100 * (number % 2)
        symmetric = np.concatenate((pixels, pixels[:, ::-1]), axis=1)  # as each view sees it
        (tmp_path / "in").mkdir(exist_ok=True)
        Image.fromarray(symmetric.astype(np.uint8)).save(tmp_path / f"in/{number}.png")
    for image in load_model(file, "cpu").predict(tmp_path / "in"):
        place = tmp_path / "data/val" / image.names[0] / f"{image.title}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes((tmp_path / f"in/{image.title}.png").read_bytes())
    metrics = evaluated(file, tmp_path / "data", tmp_path, "--tta")
    assert metrics["accuracy/top1"] == pytest.approx(100)
    assert metrics["measured"]["data"][0]["samples"] == 6
