"""LVIS's average precision against the LVIS authors' own package."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from iclip.evaluation import LVISBoxMetric, LVISGroundTruth
from iclip.evaluation.lvis_ap import evaluate_file
from iclip.report.class_figures import read_class_figures

THEIRS = ("AP", "AP50", "AP75", "APs", "APm", "APl", "APr", "APc", "APf")


def run_of_the_authors(annotations: Path, results: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    # Removed from numpy 1.24; their last release still calls it.
    monkeypatch.setattr(np, "float", float, raising=False)
    from lvis import LVISEval

    evaluation = LVISEval(str(annotations), str(results), "bbox")
    evaluation.run()
    return evaluation


def of_the_authors(
    annotations: Path, results: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, float]:
    evaluation = run_of_the_authors(annotations, results, monkeypatch)
    figures = {name: 100 * evaluation.results[name] for name in THEIRS}
    return {name: -1.0 if value < 0 else value for name, value in figures.items()}


def small_world(rng: np.random.Generator) -> dict[str, Any]:
    """30 images, 12 categories of all frequencies, one of which has no annotation."""
    categories = [
        dict(id=7 * i + 3, name=f"c{i}", synset=f"c{i}.n.01", frequency="rcf"[i % 3])
        | dict(synonyms=[f"c{i}"], image_count=1, instance_count=1)
        | {"def": ""}
        for i in range(12)
    ]
    ids = [category["id"] for category in categories]
    images, annotations = [], []
    for image_id in range(100, 130):
        present = rng.choice(ids[:-1], size=rng.integers(0, 4), replace=False)
        absent = [i for i in ids if i not in present]
        images.append(
            dict(id=image_id, width=640, height=480, coco_url=f"http://x/{image_id}.jpg")
            | dict(neg_category_ids=[int(i) for i in rng.choice(absent, 3, replace=False)])
            | dict(not_exhaustive_category_ids=[int(i) for i in present[:1]])
        )
        for category in present:
            for _ in range(rng.integers(1, 4)):
                x, y = rng.uniform(0, 400, 2)
                w, h = rng.uniform(4, 30, 2) if rng.random() < 0.5 else rng.uniform(30, 200, 2)
                annotations.append(
                    dict(id=len(annotations) + 1, image_id=image_id, category_id=int(category))
                    | dict(bbox=[x, y, w, h], area=w * h)
                    | dict(segmentation=[[x, y, x + w, y, x + w, y + h]])
                )
    return dict(images=images, annotations=annotations, categories=categories)


def noisy_detections(
    truth: dict[str, Any], rng: np.random.Generator, strays: int
) -> list[dict[str, Any]]:
    """Of most annotations a box nearby, and in each image boxes that nothing is behind."""
    found = []
    for annotation in truth["annotations"]:
        for _ in range(rng.integers(0, 3)):
            x, y, w, h = annotation["bbox"]
            box = np.array([x, y, w, h]) + np.array([w, h, w, h]) * rng.uniform(-0.1, 0.1, 4)
            found.append((annotation["image_id"], annotation["category_id"], box))
    ids = [category["id"] for category in truth["categories"]]
    for image in truth["images"]:
        for _ in range(strays):
            box = [*rng.uniform(0, 300, 2), *rng.uniform(5, 100, 2)]
            found.append((image["id"], rng.choice(ids), box))
    return [
        dict(image_id=i, category_id=int(c), bbox=[float(v) for v in box], score=float(score))
        for (i, c, box), score in zip(found, rng.permutation(len(found)) / len(found), strict=True)
    ]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    rng = np.random.default_rng(0)
    truth = small_world(rng)
    annotations, results = tmp_path / "ann.json", tmp_path / "results.json"
    annotations.write_text(json.dumps(truth))
    results.write_text(json.dumps(noisy_detections(truth, rng, strays=40)))
    return annotations, results


def test_equals_the_authors_on_federated_annotations(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
):
    ours, theirs = evaluate_file(*files), of_the_authors(*files, monkeypatch)
    assert 5 < theirs["AP"] < 95
    assert {name: ours[name] for name in THEIRS} == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("pairs_at_once", [1, 100, 10**9])
def test_categories_in_parts_are_the_whole(
    pairs_at_once: int, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
):
    truth, results = LVISGroundTruth(files[0]), json.loads(files[1].read_text())
    counted = []
    for image_id in {result["image_id"] for result in results}:
        of_one = [result for result in results if result["image_id"] == image_id]
        scores = np.array([result["score"] for result in of_one])
        ids = [result["category_id"] for result in of_one]
        counted += [of_one[i] for i in truth.that_count(image_id, ids, scores)]
    ours = truth.average_precision(counted, pairs_at_once)
    theirs = of_the_authors(*files, monkeypatch)
    assert {name: ours[name] for name in THEIRS} == pytest.approx(theirs, abs=1e-9)


def test_only_the_300_best_of_an_image_count(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
):
    annotations, results = files
    rng = np.random.default_rng(1)
    results.write_text(json.dumps(noisy_detections(json.loads(annotations.read_text()), rng, 400)))
    ours, theirs = evaluate_file(*files), of_the_authors(*files, monkeypatch)
    assert {name: ours[name] for name in THEIRS} == pytest.approx(theirs, abs=1e-9)


def test_equals_the_authors_on_real_annotations(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    annotations, results = real_data / "lvis/lvis_val_100.json", tmp_path / "results.json"
    truth = json.loads(annotations.read_text())
    found = noisy_detections(truth, np.random.default_rng(2), strays=20)
    results.write_text(json.dumps(found))
    ours, theirs = (
        evaluate_file(annotations, results),
        of_the_authors(annotations, results, monkeypatch),
    )
    assert theirs["APr"] > 0
    assert {name: ours[name] for name in THEIRS} == pytest.approx(theirs, abs=1e-9)


def evaluated_metric(annotations: Path, results: Path) -> tuple[LVISBoxMetric, dict[str, float]]:
    metric = LVISBoxMetric(str(annotations))
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
    assert (record["metric"], record["counted"]) == ("box AP", "objects")
    theirs = run_of_the_authors(*files, monkeypatch)
    truth = json.loads(files[0].read_text())
    for position, (entry, category) in enumerate(
        zip(record["classes"], truth["categories"], strict=True)
    ):
        assert theirs.params.cat_ids[position] == category["id"]
        precision = theirs.eval["precision"][:, :, position, 0]
        count = sum(ann["category_id"] == category["id"] for ann in truth["annotations"])
        measured = None if precision.max() < 0 else 100 * precision.mean()
        word = {"r": "rare", "c": "common", "f": "frequent"}[category["frequency"]]
        assert entry == {
            "name": category["name"],
            "value": pytest.approx(measured, abs=1e-3),
            "count": count,
            "frequency": word,
        }
    # The last category has no annotation, see small_world().
    assert record["classes"][-1]["value"] is None
    read = read_class_figures(json.loads(json.dumps(record)))
    assert (read.classes[0].frequency, read.classes[-1].value) == ("rare", None)


def test_figure_of_all_is_the_mean_over_the_categories(files: tuple[Path, Path]):
    metric, _ = evaluated_metric(*files)
    values = [entry["value"] for entry in metric.per_class["classes"]]
    assert len({value for value in values if value is not None}) > 5
    mean = np.mean([value for value in values if value is not None])
    assert mean == pytest.approx(evaluate_file(*files)["AP"], abs=1e-3)


def test_nothing_found_is_zero(files: tuple[Path, Path]):
    assert LVISGroundTruth(files[0]).average_precision([])["AP"] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(image_id=5), "name image 5, which .* another split"),
        (dict(category_id=4), "name category 4, which .* 12 ids go from 3 to 80"),
    ],
)
def test_results_of_another_data_set(
    files: tuple[Path, Path], change: dict[str, int], message: str
):
    annotations, results = files
    entries = json.loads(results.read_text())
    results.write_text(json.dumps([entries[0] | change]))
    with pytest.raises(ValueError, match=message):
        evaluate_file(annotations, results)


@pytest.mark.parametrize("content", ['{"images": []}', '[{"image_id": 100}]'])
def test_file_that_holds_no_results(files: tuple[Path, Path], content: str):
    files[1].write_text(content)
    with pytest.raises(ValueError, match="not a file of results: a list of"):
        evaluate_file(*files)


def test_file_that_is_no_lvis(files: tuple[Path, Path], tmp_path: Path):
    coco = tmp_path / "coco.json"
    coco.write_text('{"images": [{"id": 1}], "annotations": [], "categories": []}')
    with pytest.raises(ValueError, match="lacks neg_category_ids of its images"):
        evaluate_file(coco, files[1])
    with pytest.raises(FileNotFoundError, match=r"no file of annotations .*absent\.json"):
        evaluate_file(tmp_path / "absent.json", files[1])
    coco.write_text("{")
    with pytest.raises(ValueError, match=r"coco\.json is not a JSON file"):
        evaluate_file(coco, files[1])


def test_head_with_too_many_classes(files: tuple[Path, Path]):
    found = dict(bboxes=torch.ones(1, 4), scores=torch.ones(1), labels=torch.tensor([12]))
    with pytest.raises(ValueError, match=r"has a label 12, .* 12 categories: set num_classes"):
        LVISBoxMetric(str(files[0])).process({}, [dict(img_id=100, pred_instances=found)])


def test_command_prints_the_figures(files: tuple[Path, Path], repo_root: Path):
    command = [sys.executable, "tools/eval_lvis.py", "--ann", files[0], "--results", files[1]]
    done = subprocess.run(
        [*command, "--json"], cwd=repo_root, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == pytest.approx(evaluate_file(*files))
    done = subprocess.run(
        [*command[:-1], "absent.json"], cwd=repo_root, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("\nERROR: there is no file of results absent.json\n")
