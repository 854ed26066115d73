import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mmengine.config import Config
from pycocotools.coco import COCO

import iclip.openmmlab  # noqa: F401  (before mmdet)
from iclip.own_data.boxes import BoxedImage
from iclip.own_data.coco import lvis
from iclip.own_data.coco.writer import write_coco
from iclip.tasks import DETECTION
from tests.support.own_data_files import write_image, write_lvis_folder

CLASSES = ("dog", "cat", "none of these")


@pytest.fixture
def samples(tmp_path: Path) -> list[BoxedImage]:
    chance = np.random.default_rng(0)
    made = []
    for number, count in enumerate((3, 0, 5)):
        start = chance.uniform(0, 20, (count, 2))
        boxes = np.concatenate((start, chance.uniform(1, 28, (count, 2))), axis=1)
        areas = boxes[:, 2] * boxes[:, 3] * chance.uniform(0.5, 1, count)
        file = write_image(tmp_path / f"my images/{number} ä.jpg")
        labels = chance.integers(0, 2, count)
        crowd = np.arange(count) == 1
        made.append(BoxedImage(file, 64, 48, boxes, labels, crowd, areas))
    return made


def data_set(kind: str, file: Path, image_root: Path, classes: tuple[str, ...]) -> dict[str, Any]:
    return dict(
        type=kind,
        ann_file=str(file),
        data_prefix=dict(img=str(image_root)),
        metainfo=dict(classes=classes),
        pipeline=[],
    )


def built(config: dict[str, Any]) -> Any:
    from mmdet.registry import DATASETS

    return DATASETS.build(config)


@pytest.mark.parametrize("root", ["my images", "elsewhere"])
def test_mmdet_reads_back_the_samples_bit_for_bit(
    samples: list[BoxedImage], root: str, tmp_path: Path
) -> None:
    write_coco(samples, CLASSES, tmp_path / "W/data/train.json", tmp_path / root)
    config = data_set("CocoDataset", tmp_path / "W/data/train.json", tmp_path / root, CLASSES)
    read = built({**config, "filter_cfg": None})
    assert read.cat2label == {1: 0, 2: 1, 3: 2}
    assert len(read) == len(samples)
    for sample, entry in zip(samples, map(read.get_data_info, range(3)), strict=True):
        assert entry["img_path"] == sample.file
        assert (entry["width"], entry["height"]) == (sample.width, sample.height)
        instances = entry["instances"]
        left, top, width, height = sample.boxes.T
        corners = np.stack((left, top, left + width, top + height), axis=1)
        assert [each["bbox"] for each in instances] == corners.tolist()
        assert [each["bbox_label"] for each in instances] == sample.labels.tolist()
        assert [bool(each["ignore_flag"]) for each in instances] == sample.crowd.tolist()


def test_pycocotools_reads_areas_and_boxes(samples: list[BoxedImage], tmp_path: Path) -> None:
    write_coco(samples, CLASSES, tmp_path / "train.json", tmp_path)
    coco = COCO(str(tmp_path / "train.json"))
    annotations = coco.loadAnns(coco.getAnnIds())
    assert 0 not in {entry["id"] for entry in annotations}  # for its metric, no match
    stated = [(entry["bbox"], entry["area"]) for entry in annotations]
    assert stated == [
        (box, area)
        for sample in samples
        for box, area in zip(sample.boxes.tolist(), sample.areas.tolist(), strict=True)
    ]
    assert [entry["name"] for entry in coco.loadCats(coco.getCatIds())] == list(CLASSES)


def test_lvis_keeps_what_its_metric_needs(tmp_path: Path) -> None:
    original = write_lvis_folder(tmp_path)
    read = lvis.read(tmp_path, DETECTION)
    samples = read.parts["train"]
    write_coco(samples, read.classes, tmp_path / "W.json", tmp_path, read.class_details)
    found = built(data_set("LVISV1Dataset", tmp_path / "W.json", tmp_path, read.classes))
    paths = [found.get_data_info(at)["img_path"] for at in range(len(samples))]
    assert paths == [sample.file for sample in samples]
    content = json.loads((tmp_path / "W.json").read_text())
    assert [image["neg_category_ids"] for image in content["images"]] == [[2]] * 4
    assert [image["not_exhaustive_category_ids"] for image in content["images"]] == [[3]] * 4
    for written, category in zip(content["categories"], original["categories"], strict=True):
        assert {**written, "id": 0} == {**category, "id": 0}


@pytest.mark.parametrize("kind", ["CocoDataset", "LVISV1Dataset"])
def test_the_check_before_a_start_finds_nothing(
    kind: str, samples: list[BoxedImage], tmp_path: Path
) -> None:
    from iclip.openmmlab.annotations import check_annotations

    details: tuple[dict[str, Any], ...] = ()
    classes: tuple[str, ...] = CLASSES
    metric = dict(type="CocoMetric", metric="bbox", ann_file=str(tmp_path / "W.json"))
    if kind == "LVISV1Dataset":
        write_lvis_folder(tmp_path)
        read = lvis.read(tmp_path, DETECTION)
        samples, classes = list(read.parts["train"]), read.classes
        details = tuple(dict(entry) for entry in read.class_details)
        metric = dict(type="iclip.LVISBoxMetric", ann_file=str(tmp_path / "W.json"))
    write_coco(samples, classes, tmp_path / "W.json", tmp_path, details)
    loader = dict(dataset=data_set(kind, tmp_path / "W.json", tmp_path, classes))
    cfg = Config(
        dict(
            default_scope="mmdet",
            model=dict(type="mmdet.X", roi_head=dict(bbox_head=dict(num_classes=len(classes)))),
            train_dataloader=loader,
            val_dataloader=loader,
            val_evaluator=metric,
        )
    )
    assert check_annotations(cfg).problems == ()
