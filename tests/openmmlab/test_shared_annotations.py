"""Check, data set and metric share one reading of an annotation file."""

import json
from pathlib import Path

import pytest

import iclip.openmmlab  # noqa: F401  (before the frameworks)

from iclip.files.annotations import release_annotations  # isort: skip
from iclip.openmmlab.annotations import check_annotations  # isort: skip
from tests.support.odd_annotations import (  # isort: skip
    coco_content,
    detection,
    lvis_content,
)


@pytest.mark.parametrize("kind", ["LVISV1Dataset", "CocoDataset"])
def test_file_is_read_once_by_check_data_set_and_metric(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from mmdet.evaluation.metrics import CocoMetric
    from mmdet.registry import DATASETS

    from iclip.evaluation import LVISBoxMetric

    own = {} if kind == "LVISV1Dataset" else dict(metainfo=dict(classes=("cat", "dog")))
    content = (lvis_content if kind == "LVISV1Dataset" else coco_content)(tmp_path)
    cfg = detection(tmp_path, content, kind, **own)
    release_annotations()
    readings = []
    loads = json.loads
    monkeypatch.setattr(json, "loads", lambda text: readings.append(text) or loads(text))
    monkeypatch.setattr(json, "load", lambda file: readings.append(file) or loads(file.read()))
    check_annotations(cfg)
    dataset = DATASETS.build({**cfg.train_dataloader.dataset.dataset, "pipeline": []})
    assert len(dataset) == 2
    path = str(tmp_path / "train.json")
    (LVISBoxMetric if kind == "LVISV1Dataset" else CocoMetric)(ann_file=path)
    assert len([text for text in readings if "images" in str(text)]) == 1
