"""LVIS's average precision against the LVIS authors' own package."""

import json
from pathlib import Path

import numpy as np
import pytest

from iclip.evaluation import LVISGroundTruth
from iclip.evaluation.lvis_ap import evaluate_file
from tests.evaluation.lvis_world import THEIRS, noisy_detections, of_the_authors


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
        counted += [of_one[i] for i in truth.scored_detections(image_id, ids, scores)]
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


def test_nothing_found_is_zero(files: tuple[Path, Path]):
    assert LVISGroundTruth(files[0]).average_precision([])["AP"] == 0


def test_order_of_categories_changes_no_figure(files: tuple[Path, Path]):
    expected = evaluate_file(*files)
    truth = json.loads(files[0].read_text())
    truth["categories"].reverse()
    files[0].write_text(json.dumps(truth))
    assert evaluate_file(*files) == pytest.approx(expected, abs=1e-9)
