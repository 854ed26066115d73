"""The metric of detectors on LVIS: labels in the file's order, a score per category."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from iclip.evaluation import LVISBoxMetric, LVISGroundTruth
from iclip.evaluation.lvis_ap import evaluate_file
from iclip.results import ClassScore, ClassScores
from tests.evaluation.lvis_world import run_of_the_authors


def evaluated_metric(
    annotations: Path, results: Path, **settings: Any
) -> tuple[LVISBoxMetric, dict[str, float]]:
    metric = LVISBoxMetric(str(annotations), **settings)
    ids = LVISGroundTruth(annotations).category_ids
    entries = json.loads(results.read_text())
    images = sorted({entry["image_id"] for entry in entries})
    for image_id in images:
        own = [entry for entry in entries if entry["image_id"] == image_id]
        boxes = torch.tensor([entry["bbox"] for entry in own])
        found = dict(
            bboxes=torch.cat([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], dim=1),
            scores=torch.tensor([entry["score"] for entry in own]),
            labels=torch.tensor([ids.index(entry["category_id"]) for entry in own]),
        )
        metric.process({}, [dict(img_id=image_id, pred_instances=found)])
    return metric, metric.evaluate(len(images))


def test_metric_equals_the_file(files: tuple[Path, Path]):
    _, figures = evaluated_metric(*files)
    expected = {f"lvis/{name}": value for name, value in evaluate_file(*files).items()}
    assert figures == pytest.approx(expected, abs=1e-3)  # boxes pass through float32


def test_metric_keeps_each_category_as_the_authors_measure_it(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
):
    metric, _ = evaluated_metric(*files)
    record = metric.per_class
    assert (record.metric, record.counted) == ("box AP", "objects")
    theirs = run_of_the_authors(*files, monkeypatch)
    truth = json.loads(files[0].read_text())
    for position, (entry, category) in enumerate(
        zip(record.classes, truth["categories"], strict=True)
    ):
        assert theirs.params.cat_ids[position] == category["id"]
        precision = theirs.eval["precision"][:, :, position, 0]
        count = sum(ann["category_id"] == category["id"] for ann in truth["annotations"])
        measured = None if precision.max() < 0 else 100 * precision.mean()
        word = {"r": "rare", "c": "common", "f": "frequent"}[category["frequency"]]
        value = pytest.approx(measured, abs=1e-3)
        assert entry == ClassScore(category["name"], value, count, word)
    # The last category has no annotation, see small_world().
    assert record.classes[-1].value is None


def test_file_of_the_categories_is_read_as_it_was_written(files: tuple[Path, Path]):
    metric, _ = evaluated_metric(*files)
    written = json.loads(json.dumps(metric.per_class.to_json()))
    assert ClassScores.from_json(written) == metric.per_class
    assert written["classes"][0]["frequency"] == "rare"
    assert written["classes"][-1]["value"] is None


def test_figure_of_all_is_the_mean_over_the_categories(files: tuple[Path, Path]):
    metric, _ = evaluated_metric(*files)
    values = [entry.value for entry in metric.per_class.classes]
    assert len({value for value in values if value is not None}) > 5
    mean = np.mean([value for value in values if value is not None])
    assert mean == pytest.approx(evaluate_file(*files)["AP"], abs=1e-3)


def perfect_detections(annotations: Path) -> tuple[list[dict[str, Any]], list[int]]:
    """What a detector finds that knows the truth, with labels as mmdet's data set numbers them."""
    from lvis import LVIS

    truth = LVIS(str(annotations))
    number = {category: label for label, category in enumerate(truth.get_cat_ids())}
    samples = []
    for image_id in truth.get_img_ids():
        own = truth.load_anns(truth.get_ann_ids(img_ids=[image_id]))
        boxes = torch.tensor([entry["bbox"] for entry in own]).reshape(-1, 4)
        found = dict(
            bboxes=torch.cat([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], dim=1),
            scores=torch.linspace(1, 0.5, len(own)),
            labels=torch.tensor([number[entry["category_id"]] for entry in own], dtype=torch.long),
        )
        samples.append(dict(img_id=image_id, pred_instances=found))
    return samples, list(number)


@pytest.mark.parametrize("seed", [None, 0, 1], ids=["reversed", "shuffled", "shuffled again"])
def test_perfect_detector_has_100_in_any_order_of_categories(
    files: tuple[Path, Path], seed: int | None
):
    truth = json.loads(files[0].read_text())
    if seed is None:
        truth["categories"].reverse()
    else:
        np.random.default_rng(seed).shuffle(truth["categories"])
    files[0].write_text(json.dumps(truth))
    samples, order = perfect_detections(files[0])
    metric = LVISBoxMetric(str(files[0]))
    metric.process({}, samples)
    assert metric.evaluate(len(samples))["lvis/AP"] == pytest.approx(100)
    assert list(metric.truth.category_ids) == order
    names = [category["name"] for category in truth["categories"]]
    assert list(metric.per_class.names) == names
    measured = [entry.value for entry in metric.per_class.classes]
    assert measured == [None if name == "c11" else pytest.approx(100) for name in names]


def test_without_frequencies_the_groups_are_left_out(files: tuple[Path, Path]):
    expected = evaluate_file(*files)
    truth = json.loads(files[0].read_text())
    for category in truth["categories"]:
        category.pop("frequency")
    files[0].write_text(json.dumps(truth))
    figures = evaluate_file(*files)
    assert expected.keys() - figures.keys() == {"APr", "APc", "APf"}
    assert figures == {name: pytest.approx(expected[name], abs=1e-9) for name in figures}
    metric, _ = evaluated_metric(*files)
    assert {entry.frequency for entry in metric.per_class.classes} == {""}


@pytest.mark.parametrize("spoilt", ["scores", "bboxes"])
def test_what_is_not_a_number_never_counts(files: tuple[Path, Path], spoilt: str):
    samples, _ = perfect_detections(files[0])
    for sample in samples:
        sample["pred_instances"][spoilt] = torch.full_like(
            sample["pred_instances"][spoilt], float("nan")
        )
    metric = LVISBoxMetric(str(files[0]))
    metric.process({}, samples)
    assert metric.evaluate(len(samples))["lvis/AP"] == 0


def test_score_of_a_group_is_the_mean_of_its_categories(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
):
    theirs = run_of_the_authors(*files, monkeypatch)
    groups = dict(some=["c1", "c3", "c8"], rare=dict(frequency="r"), nothing=["c11"])
    _, figures = evaluated_metric(*files, groups=groups)
    of_each = [theirs.eval["precision"][:, :, number, 0] for number in (1, 3, 8)]
    expected = np.mean([100 * precision.mean() for precision in of_each if precision.max() >= 0])
    assert 0 < expected < 100
    assert figures["lvis/AP_some"] == pytest.approx(expected, abs=1e-3)
    assert figures["lvis/AP_rare"] == figures["lvis/APr"]
    assert figures["lvis/AP_nothing"] == -1
