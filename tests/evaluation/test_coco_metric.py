"""COCO's box AP: the authors' own evaluation is the oracle."""

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from iclip.evaluation import COCOBoxMetric
from iclip.results import ClassScores

IDS = (7, 3, 90)  # neither sorted nor without gaps; the last category has no box
NAMES = ("seven", "three", "ninety")
COCO_STATS = ("bbox_mAP", "bbox_mAP_50", "bbox_mAP_75", "bbox_mAP_s", "bbox_mAP_m", "bbox_mAP_l")


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """Twenty images with boxes of all sizes, some of them crowds."""
    chance = np.random.default_rng(0)
    annotations = []
    for number in range(60):
        width, height = chance.integers(8, 200, 2).tolist()
        annotations.append(
            dict(
                id=number + 1, image_id=int(chance.integers(1, 21)),
                category_id=int(chance.choice(IDS[:2])), iscrowd=int(number % 10 == 0),
                bbox=[*chance.integers(0, 100, 2).tolist(), width, height], area=width * height,
            )
        )  # fmt: skip
    content = dict(
        images=[dict(id=i, width=320, height=320, file_name=f"{i}.jpg") for i in range(1, 21)],
        annotations=annotations,
        categories=[dict(id=i, name=name) for i, name in zip(IDS, NAMES, strict=True)],
    )
    (tmp_path / "truth.json").write_text(json.dumps(content))
    return tmp_path / "truth.json"


def samples(truth: Path, noise: float = 6.0, false: int = 3) -> list[dict[str, Any]]:
    """Detections near the truth and others anywhere, as mmdet hands them over."""
    chance, content = np.random.default_rng(1), json.loads(truth.read_text())
    found = []
    for image in content["images"]:
        own = [entry for entry in content["annotations"] if entry["image_id"] == image["id"]]
        boxes = np.array([entry["bbox"] for entry in own], float).reshape(-1, 4)
        boxes = np.concatenate([boxes + chance.normal(0, noise, boxes.shape),
                                chance.uniform(1, 150, (false, 4))])  # fmt: skip
        labels = [IDS.index(e["category_id"]) for e in own] + chance.integers(0, 3, false).tolist()
        corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:].clip(1)], axis=1)
        found.append(
            dict(
                img_id=image["id"],
                pred_instances=dict(
                    bboxes=torch.tensor(corners, dtype=torch.float32),
                    scores=torch.tensor(chance.permutation(len(boxes)) / 100.0),
                    labels=torch.tensor(labels),
                ),
            )
        )
    return found


def by_the_authors(truth: Path, found: list[dict[str, Any]]) -> COCOeval:
    results = []
    for sample in found:
        part = sample["pred_instances"]
        rows = zip(
            part["bboxes"].tolist(), part["scores"].tolist(), part["labels"].tolist(), strict=True
        )
        for (x1, y1, x2, y2), score, label in rows:
            results.append(dict(image_id=sample["img_id"], category_id=IDS[label], score=score,
                                bbox=[x1, y1, x2 - x1, y2 - y1]))  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(truth))
        evaluation = COCOeval(coco, coco.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


def evaluated(
    truth: Path, found: list[dict[str, Any]], **settings: Any
) -> tuple[COCOBoxMetric, dict[str, float]]:
    metric = COCOBoxMetric(str(truth), **settings)
    metric.process({}, found)
    return metric, metric.evaluate(len(found))


def test_scores_are_the_authors(truth: Path):
    found = samples(truth)
    _, scores = evaluated(truth, found)
    theirs = by_the_authors(truth, found).stats
    assert 0.05 < theirs[0] < 0.95
    expected = {f"coco/{name}": value for name, value in zip(COCO_STATS, theirs[:6], strict=True)}
    assert scores == pytest.approx(expected, abs=1e-6)


def test_each_class_is_measured_under_its_own_name(truth: Path):
    found = samples(truth)
    record = evaluated(truth, found)[0].per_class
    theirs = by_the_authors(truth, found)
    content = json.loads(truth.read_text())
    assert isinstance(record, ClassScores)
    assert (record.metric, record.counted, record.names) == ("box AP", "objects", NAMES)
    for entry, id_ in zip(record.classes, IDS, strict=True):
        precision = theirs.eval["precision"][:, :, sorted(IDS).index(id_), 0, -1]
        own = [a for a in content["annotations"] if a["category_id"] == id_ and not a["iscrowd"]]
        assert entry.count == len(own)
        expected = None if not own else pytest.approx(100 * precision.mean(), abs=1e-4)
        assert entry.value == expected


def test_perfect_detector_has_all(truth: Path):
    content = json.loads(truth.read_text())
    content["annotations"] = [a for a in content["annotations"] if not a["iscrowd"]]
    truth.write_text(json.dumps(content))
    _, scores = evaluated(truth, samples(truth, noise=0.0, false=0))
    assert scores["coco/bbox_mAP"] == pytest.approx(1)


def without_detections(sample: dict[str, Any]) -> dict[str, Any]:
    nothing = {name: tensor[:0] for name, tensor in sample["pred_instances"].items()}
    return {**sample, "pred_instances": nothing}


def test_nothing_detected_is_zero_and_not_an_error(truth: Path):
    found = [without_detections(sample) for sample in samples(truth)]
    metric, scores = evaluated(truth, found)
    assert scores["coco/bbox_mAP"] == 0
    assert [entry.value for entry in metric.per_class.classes] == [0, 0, None]


@pytest.mark.parametrize("part", ["bboxes", "scores"])
def test_detection_that_is_not_finite_never_counts(truth: Path, part: str):
    found = samples(truth)
    odd = samples(truth)
    for sample in odd:
        of_one = sample["pred_instances"]
        extra = {name: tensor[:1].clone() for name, tensor in of_one.items()}
        extra["scores"] += 10
        extra[part][:] = float("nan")
        for name in of_one:
            of_one[name] = torch.cat([of_one[name], extra[name]])
    assert evaluated(truth, odd)[1] == evaluated(truth, found)[1]


def test_file_is_not_changed_by_an_evaluation(truth: Path):
    metric, first = evaluated(truth, samples(truth))
    metric.process({}, samples(truth))
    assert metric.evaluate(20) == first


ODD_ANNOTATIONS = {
    "no ids": lambda number, entry: entry.pop("id"),
    "null for ids": lambda number, entry: entry.update(id=None),
    "texts as ids": lambda number, entry: entry.update(id=f"box {number}"),
    "each id twice": lambda number, entry: entry.update(id=number // 2),
    "null for no crowd": lambda number, entry: entry.update(iscrowd=entry["iscrowd"] or None),
    "a truth value for a crowd": lambda _, entry: entry.update(iscrowd=bool(entry["iscrowd"])),
}


@pytest.mark.parametrize("kind", ODD_ANNOTATIONS)
def test_ids_of_annotations_and_marks_of_crowds_may_be_odd(truth: Path, kind: str):
    found = samples(truth)
    theirs = by_the_authors(truth, found).stats
    content = json.loads(truth.read_text())
    for number, entry in enumerate(content["annotations"]):
        ODD_ANNOTATIONS[kind](number, entry)
    truth.write_text(json.dumps(content))
    metric, scores = evaluated(truth, found)
    assert scores["coco/bbox_mAP"] == pytest.approx(theirs[0], abs=1e-6)
    assert sum(entry.count for entry in metric.per_class.classes) == 54  # 6 of 60 are crowds


def test_score_of_a_group_is_the_mean_of_its_categories(truth: Path):
    found = samples(truth)
    groups = dict(odd=["seven", 3], one=["three"], none=[90])
    _, scores = evaluated(truth, found, groups=groups)
    theirs = by_the_authors(truth, found).eval["precision"][..., 0, -1]  # 10, 101, ids ascending
    assert scores["coco/bbox_mAP_odd"] == pytest.approx(theirs[:, :, :2].mean(), abs=1e-6)
    assert scores["coco/bbox_mAP_one"] == pytest.approx(theirs[:, :, 0].mean(), abs=1e-6)
    assert scores["coco/bbox_mAP_none"] == -1
